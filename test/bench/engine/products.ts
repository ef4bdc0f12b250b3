/** Products of our kernels, OpenBLAS and oneDNN in one process, in turn, outputs compared with exact sums. */
import type { Machine } from "./machine.js";
import { compiled, engineLibrary, jsonLines } from "./programs.js";
import { against, type Row } from "./table.js";

interface Result {
  readonly name: string;
  readonly gflops: number;
  readonly gflopsPerCpuSecond: number;
  readonly gigabytes: number;
  /** Largest distance from the exact sum, over the square root of k. */
  readonly error: number;
  /** One row alone has the bits that it has in the batch. */
  readonly invariant: boolean;
}

interface Product {
  readonly type: "f32" | "bf16";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly oneDNN: string;
  readonly results: readonly Result[];
}

const prefillRows = 512;

export async function measureProducts(threads: string, rounds: string, machine: Machine): Promise<Row[]> {
  let program: string;
  try {
    program = await compiled("products", ["-ffp-contract=off", await engineLibrary(), "-lopenblas", "-ldnnl", "-ldl"]);
  } catch (error) {
    console.log(`products: left out (Debian: libopenblas-dev, libdnnl-dev)\n${error}`);
    return [];
  }
  const products = jsonLines<Product>(program, [threads, rounds], threads).slice(1);
  console.log(
    `\nProducts x[m,k] w[n,k]^T, GFLOP/s (per CPU second) or GB/s of weights, best of ${rounds} rounds in turn`,
  );
  for (const product of products) {
    const size = `${product.type.padEnd(4)} ${`${product.m} x ${product.n} x ${product.k}`.padEnd(20)}`;
    const cells = product.results.map(
      (result) => `${result.name} ${speed(product, result)}, ${result.invariant ? "invariant" : "batch changes bits"}`,
    );
    console.log(
      `${size} ${cells
        .map((cell) => cell.padEnd(44))
        .join(" ")
        .trimEnd()}`,
    );
    for (const { name, error } of product.results) {
      if (!(error < 1e-5)) throw new Error(`${name} is wrong at ${size}: ${error}`);
    }
  }
  console.log(
    `oneDNN float32: ${products[0]?.oneDNN}; bfloat16: ${products.find(({ type }) => type === "bf16")?.oneDNN}`,
  );

  const prefill = (type: Product["type"]) => products.filter((one) => one.type === type && one.m >= prefillRows);
  const few = products.filter(({ type, m }) => type === "f32" && m > 1 && m < prefillRows);
  const single = products.filter(({ type, m }) => type === "f32" && m === 1);
  const share = (type: Product["type"]) => {
    const ours = mean(prefill(type), "llava-eval", "gflopsPerCpuSecond") ?? 0;
    return `${((100 * ours) / machine.gflopsPerCpuSecond).toFixed(0)} % of the multiply-add peak`;
  };
  const row = (
    what: string,
    of: readonly Product[],
    key: "gflopsPerCpuSecond" | "gigabytes",
    name: string,
    more: Partial<Row> = {},
  ) => {
    const unit = key === "gigabytes" ? "GB/s" : "GFLOP/CPU s";
    return against(what, unit, mean(of, "llava-eval", key), name, mean(of, name, key), more);
  };
  const changes = products
    .filter(({ type }) => type === "f32")
    .flatMap(({ results }) => results.slice(1))
    .filter(({ invariant }) => !invariant).length;
  const invariance = `equal bits in any batch; ${changes} of the opponents' ${2 * products.filter(({ type }) => type === "f32").length} are not`;
  return [
    ...row("fp32 products of prefill shapes", prefill("f32"), "gflopsPerCpuSecond", "OpenBLAS", {
      aim: ">= 1",
      note: `${share("f32")}; worst shape ${worst(prefill("f32"), "OpenBLAS")}`,
    }),
    ...row("", prefill("f32"), "gflopsPerCpuSecond", "oneDNN", { note: invariance }),
    ...row("fp32 products of 8 to 64 rows", few, "gflopsPerCpuSecond", "oneDNN"),
    ...row("fp32 products of one row", single, "gigabytes", "oneDNN"),
    ...row("bf16 products of prefill shapes", prefill("bf16"), "gflopsPerCpuSecond", "oneDNN", {
      aim: ">= 0.85",
      note: share("bf16"),
    }),
  ];
}

const speed = ({ m }: Product, { gflops, gflopsPerCpuSecond, gigabytes }: Result): string =>
  m === 1 ? `${gigabytes.toFixed(1)} GB/s` : `${gflops.toFixed(0)} (${gflopsPerCpuSecond.toFixed(0)})`;

const find = (product: Product, name: string) => product.results.find((result) => result.name === name);

/** Geometric mean over shapes; undefined when somebody cannot compute one of them. */
function mean(products: readonly Product[], name: string, key: "gflopsPerCpuSecond" | "gigabytes"): number | undefined {
  let logs = 0;
  for (const product of products) {
    const result = find(product, name);
    if (!result) return undefined;
    logs += Math.log(result[key]) / products.length;
  }
  return Math.exp(logs);
}

function worst(products: readonly Product[], name: string): string {
  const ratios = products.map((product) => {
    const ratio =
      (find(product, "llava-eval")?.gflopsPerCpuSecond ?? 0) / (find(product, name)?.gflopsPerCpuSecond ?? 0);
    return { ratio, shape: `${product.m} x ${product.n} x ${product.k}` };
  });
  const least = ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  return `${least.ratio.toFixed(2)} x at ${least.shape}`;
}
