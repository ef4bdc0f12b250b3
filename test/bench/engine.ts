/**
 * The local engine on this CPU: products beside OpenBLAS and oneDNN, a model of Qwen2-0.5B's shape (random weights) beside PyTorch,
 * encoder, decode, batching, prefix sharing on a VQAv2-like set, preprocessing, memory, and what equal bits cost.
 *   npm run bench -- engine [--threads N] [--rounds N] [--checkpoint DIR] [--parts products,model,torch] [--pictures N]
 * Opponents: Debian packages libopenblas-dev, libdnnl-dev, python3-torch; what is missing is said and left out.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { noisePicture } from "../fakes/pictures.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const native = join(root, "src/native");
const { values } = parseArgs({
  options: {
    threads: { type: "string", default: String(availableParallelism()) },
    rounds: { type: "string", default: "5" },
    checkpoint: { type: "string" },
    pictures: { type: "string", default: "2" },
    parts: { type: "string", default: "products,model,torch" },
  },
});
const threads = values.threads;
const parts = values.parts.split(",");

interface Measured {
  name: string;
  value: number;
  unit: string;
  detail: string;
}
interface Product {
  type: string;
  m: number;
  n: number;
  k: number;
  oneDNN: string;
  results: {
    name: string;
    gflops: number;
    gflopsPerCpuSecond: number;
    gigabytes: number;
    error: number;
    invariant: boolean;
  }[];
}

console.log(
  `${await cpuModel()}, ${threads} threads, node ${process.version}, ${new Date().toISOString().slice(0, 16)}, load ${loadavg()[0]?.toFixed(1)}`,
);
if (parts.includes("products")) await products();
const folder = values.checkpoint ?? (await mkdtemp(join(tmpdir(), "llava-eval-bench-")));
try {
  const ours = parts.includes("model") ? await model(folder) : [];
  if (parts.includes("torch")) torch(folder, ours);
} finally {
  if (!values.checkpoint) await rm(folder, { recursive: true, force: true });
}

/** Products of our kernels, OpenBLAS and oneDNN in one process. */
async function products(): Promise<void> {
  const build = join(root, "build/bench");
  await mkdir(build, { recursive: true });
  await engineProgram();
  // The engine's own library, as it was built for the product; without CMake the kernels are compiled here.
  const sources = [join(root, "test/bench/engine/products.cc")];
  const library = join(root, "build/native/libllava_core.a");
  if (existsSync(library)) sources.push(library);
  else {
    for (const part of ["kernels/cpu", "kernels/reference"]) {
      for (const file of await readdir(join(native, part)))
        if (file.endsWith(".cc")) sources.push(join(native, part, file));
    }
  }
  const program = join(build, "products");
  const flags = ["-std=c++20", "-O2", "-ffp-contract=off", "-fno-math-errno", "-pthread", "-I", native];
  const built = spawnSync("g++", [...flags, ...sources, "-o", program, "-lopenblas", "-ldnnl"], { encoding: "utf8" });
  if (built.status !== 0) {
    console.log(
      `products: left out, the opponents could not be linked (Debian: libopenblas-dev, libdnnl-dev)\n${built.stderr.slice(0, 400)}`,
    );
    return;
  }
  const lines = run(program, [threads, values.rounds], { OMP_NUM_THREADS: threads }).map(
    (line) => JSON.parse(line) as Product & { kernels?: string },
  );
  console.log(
    `\nProducts x[m,k] w[n,k]^T, kernels: ${lines[0]?.kernels}. GFLOP/s best of ${values.rounds} rounds in turn; (per CPU second)`,
  );
  console.log(
    "type  m x n x k              llava-eval        OpenBLAS          oneDNN           ratio  of          error/sqrt(k)  one row alone = in the batch",
  );
  for (const line of lines.slice(1)) {
    const of = (name: string) => line.results.find((result) => result.name === name);
    const show = (name: string) => {
      const result = of(name);
      if (!result) return "-".padEnd(16);
      return line.m === 1
        ? `${result.gigabytes.toFixed(1)} GB/s`.padEnd(16)
        : `${result.gflops.toFixed(0)} (${result.gflopsPerCpuSecond.toFixed(0)})`.padEnd(16);
    };
    const opponents = line.results.slice(1);
    const best = opponents.sort((a, b) => b.gflopsPerCpuSecond - a.gflopsPerCpuSecond)[0];
    const mine = of("llava-eval");
    const ratio = best && mine ? (mine.gflopsPerCpuSecond / best.gflopsPerCpuSecond).toFixed(2) : "-";
    const worst = line.results.map((result) => `${result.error.toExponential(0)}`).join(" ");
    const bits = line.results.map((result) => `${result.name}: ${result.invariant ? "yes" : "no"}`).join(", ");
    console.log(
      `${line.type.padEnd(5)} ${`${line.m} x ${line.n} x ${line.k}`.padEnd(22)} ${show("llava-eval")}  ${show("OpenBLAS")}  ${show("oneDNN")} ${ratio.padEnd(6)} ${(best?.name ?? line.oneDNN).padEnd(10)}  ${worst.padEnd(13)}  ${bits}`,
    );
  }
  console.log(
    "oneDNN float32:",
    lines[1]?.oneDNN,
    "· bfloat16:",
    lines.find((line) => line.type === "bf16")?.oneDNN,
    "· ratio by CPU time, against the better opponent",
  );
}

/** llava-engine, built when it is not up to date. */
async function engineProgram(): Promise<string | undefined> {
  const { buildAddon } = (await import(join(native, "build.mjs"))) as {
    buildAddon(options: { quiet: boolean; parts: string[] }): Promise<boolean>;
  };
  return (await buildAddon({ quiet: true, parts: ["engine"] })) ? join(root, "build/native/llava-engine") : undefined;
}

/** The engine's own numbers, in its own process per part so that memory is counted from zero. */
async function model(checkpoint: string): Promise<Measured[]> {
  const engine = await engineProgram();
  if (!engine) return [];
  const all: Measured[] = [];
  console.log(`\nA model of Qwen2-0.5B's shape, ViT-L/14-336 tower, random bfloat16 weights`);
  for (const part of ["load", "preprocess", "encoder", "prefill", "decode", "batch", "sharing"]) {
    const args = [
      "bench",
      "--checkpoint",
      checkpoint,
      "--threads",
      threads,
      "--pictures",
      values.pictures,
      "--json",
      part,
    ];
    for (const line of run(engine, args)) {
      const measured = JSON.parse(line) as Measured;
      if (measured.unit === "logit" && all.some((other) => other.name === measured.name)) continue;
      all.push(measured);
      if (measured.unit !== "logit") print(measured);
    }
  }
  print(await decode());
  return all;
}

/** JPEG decoding as a run does it. */
async function decode(): Promise<Measured> {
  const jpeg = await sharp(await noisePicture(130_000, 1))
    .resize(640, 480, { fit: "fill" })
    .jpeg({ quality: 90 })
    .toBuffer();
  sharp.concurrency(1);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 30; i++) {
    const before = process.cpuUsage();
    await sharp(jpeg).raw().toBuffer();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / 1000);
  }
  return { name: "JPEG decode, 640x480", value: best, unit: "CPU ms", detail: `${(jpeg.length / 1000).toFixed(0)} KB` };
}

/** The same decoder and prompt in PyTorch; logits must agree. */
function torch(checkpoint: string, ours: Measured[]): void {
  if (!existsSync(join(checkpoint, "model.safetensors"))) {
    console.log("torch: left out, there is no checkpoint (run the part `model` too)");
    return;
  }
  const script = join(root, "test/bench/engine/torch_decoder.py");
  for (const dtype of ["float32", "bfloat16"]) {
    const result = spawnSync("/usr/bin/python3", [script, checkpoint, "--dtype", dtype, "--threads", threads], {
      encoding: "utf8",
    });
    if (result.status !== 0) {
      console.log(
        `PyTorch ${dtype}: left out (Debian: python3-torch)\n${result.stderr.trim().split("\n").at(-1) ?? ""}`,
      );
      continue;
    }
    const theirs = result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Measured);
    console.log(`\nPyTorch, ${dtype}`);
    for (const measured of theirs.filter((one) => one.unit !== "logit")) {
      const mine = ours.find((one) => one.name === measured.name);
      print({
        ...measured,
        detail: `${measured.detail}${mine ? `  llava-eval ${(mine.value / measured.value).toFixed(2)} x` : ""}`,
      });
    }
    const differences = theirs
      .filter((one) => one.unit === "logit")
      .map((one) => Math.abs(one.value - (ours.find((other) => other.name === one.name)?.value ?? Number.NaN)));
    console.log(`logits of one prompt: largest difference ${Math.max(...differences).toFixed(4)} of five`);
  }
}

function print(measured: Measured): void {
  console.log(
    `${measured.name.padEnd(44)} ${measured.value.toFixed(2).padStart(10)} ${measured.unit.padEnd(12)} ${measured.detail}`,
  );
}

function run(program: string, args: string[], env: Record<string, string> = {}): string[] {
  const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26, env: { ...process.env, ...env } });
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with ${result.status}:\n${result.stderr}`);
  return result.stdout.trim().split("\n").filter(Boolean);
}

async function cpuModel(): Promise<string> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = /^flags.*$/m.exec(text)?.[0] ?? "";
  const level = flags.includes("avx512_bf16")
    ? "AVX-512 with bf16"
    : flags.includes("avx512f")
      ? "AVX-512"
      : flags.includes("avx2")
        ? "AVX2"
        : "no AVX2";
  return `${/model name\s*:\s*(.*)/.exec(text)?.[1] ?? "CPU"} (${level})`;
}
