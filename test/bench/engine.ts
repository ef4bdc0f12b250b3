/**
 * The local engine on this CPU: products beside OpenBLAS and oneDNN, a model of Qwen2-0.5B's shape (random weights) beside PyTorch,
 * encoder, decode, batching, prefix sharing on a VQAv2-like set, preprocessing beside Pillow, memory, and what equal bits cost.
 *   npm run bench -- engine [--threads N] [--rounds N] [--checkpoint DIR] [--images N] [--parts products,model,torch,preprocessing]
 * Opponents: Debian packages libopenblas-dev, libdnnl-dev, python3-torch, python3-pil; what is missing is said and left out.
 * Times are the least of a few rounds. Where cores are shared, ratios of work that computes are by CPU time. Outputs of all opponents
 * are compared with ours: a difference ends the benchmark.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Machine, measureMachine } from "./engine/machine.js";
import { measureModel, modelValues, type Numbers } from "./engine/model.js";
import { measurePreprocessing } from "./engine/preprocessing.js";
import { measureProducts } from "./engine/products.js";
import { engineProgram, jsonLines } from "./engine/programs.js";
import { against, printTable, type Row } from "./engine/table.js";
import { compareValues, measureTorch } from "./engine/torch.js";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: String(availableParallelism()) },
    rounds: { type: "string", default: "12" },
    checkpoint: { type: "string" },
    images: { type: "string", default: "3" },
    parts: { type: "string", default: "products,model,torch,preprocessing" },
  },
});
const { threads } = values;
const parts = values.parts.split(",");

const started = performance.now();
const flags = /^flags.*$/m.exec(await readFile("/proc/cpuinfo", "utf8").catch(() => ""))?.[0] ?? "";
const machine = await measureMachine(threads);
console.log(
  `${await cpuModel()}, ${threads} threads, ${machine.gflops.toFixed(0)} GFLOP/s of float32 multiply-adds (${machine.gflopsPerCpuSecond.toFixed(0)} per CPU second), memory read at ${machine.gigabytes.toFixed(1)} GB/s, node ${process.version}, ${new Date().toISOString().slice(0, 16)}, load ${loadavg()[0]?.toFixed(1)}`,
);
const rows: Row[] = [];
if (parts.includes("products")) rows.push(...(await measureProducts(threads, values.rounds, machine)));
const folder = values.checkpoint ?? (await mkdtemp(join(tmpdir(), "llava-eval-bench-")));
try {
  if (parts.some((part) => part !== "products")) {
    // Writes the checkpoint when it is not there.
    jsonLines(await engineProgram(), ["bench", "--checkpoint", folder, "--json", "preprocess"], threads);
  }
  const ours = parts.includes("model") ? await measureModel(folder, threads, values.images) : new Map();
  const theirs = parts.includes("torch") ? measureTorch(folder, threads, "float32") : undefined;
  if (theirs) compareValues(await modelValues(folder, threads), theirs);
  rows.push(...modelRows(ours, "PyTorch float32", theirs, machine));
  if (parts.includes("torch") && flags.includes("avx512_bf16")) {
    // Elsewhere PyTorch's bfloat16 is slower than its float32 by an order of magnitude.
    rows.push(...besideTorch(ours, "PyTorch bfloat16", measureTorch(folder, threads, "bfloat16")));
  }
  if (parts.includes("preprocessing")) rows.push(...(await measurePreprocessing(folder)));
} finally {
  if (!values.checkpoint) await rm(folder, { recursive: true, force: true });
}
console.log("");
printTable(rows);
console.log(
  `\nall of it in ${((performance.now() - started) / 60_000).toFixed(1)} minutes, load ${loadavg()[0]?.toFixed(1)}`,
);

function besideTorch(ours: Numbers, name: string, theirs: Numbers | undefined): Row[] {
  const beside = (what: string, unit: string, more: Partial<Row> = {}) =>
    against(what, unit, ours.get(what)?.value, name, theirs?.get(what)?.value, more);
  return [
    ...beside("prefill 512", "tok/s", { aim: ">= 350" }),
    ...beside("prefill 512: CPU time", "tok/CPU s"),
    ...beside("encoder, 5 tiles", "s", { aim: "<= 6" }),
    ...beside("encoder, 5 tiles: CPU time", "CPU s"),
    ...beside("decode, 1 sequence", "tok/s"),
  ];
}

function modelRows(ours: Numbers, name: string, theirs: Numbers | undefined, machine: Machine): Row[] {
  const of = (what: string) => ours.get(what)?.value;
  const single = ours.get("VQAv2-like questions, one at a time");
  if (single && single.detail !== "equal answers") throw new Error(single.detail);
  const peak = machine.gflopsPerCpuSecond;
  const tower = (of("encoder, 5 tiles: work") ?? 0) / (of("encoder, 5 tiles: CPU time") ?? 1);
  return [
    ...besideTorch(ours, name, theirs),
    ...against("encoder: work", "GFLOP/CPU s", tower || undefined, "multiply-add peak", peak),
    ...against("decode: weights read", "GB/s", of("decode, 1 sequence: weights read"), "memory", machine.gigabytes, {
      aim: "the memory's",
    }),
    ...against("decode, 16 sequences", "tok/s", of("decode, 16 sequences"), "1 sequence", of("decode, 1 sequence")),
    ...against(
      "VQAv2-like questions, shared",
      "questions/s",
      of("VQAv2-like questions, shared"),
      "one at a time",
      single?.value,
      { aim: ">= 4", note: `${ours.get("VQAv2-like questions, shared")?.detail}, equal answers` },
    ),
    ...against("loading: anonymous memory", "MB", of("load: anonymous memory"), "", undefined, {
      note: ours.get("load: anonymous memory")?.detail ?? "",
    }),
  ];
}

async function cpuModel(): Promise<string> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const level = flags.includes("avx512_bf16")
    ? "AVX-512 with bf16"
    : flags.includes("avx512f")
      ? "AVX-512"
      : flags.includes("avx2")
        ? "AVX2"
        : "no AVX2";
  return `${/model name\s*:\s*(.*)/.exec(text)?.[1] ?? "CPU"} (${level})`;
}
