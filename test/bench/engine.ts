/**
 * The local engine on this CPU: products beside OpenBLAS and oneDNN, a model of Qwen2-0.5B's shape (random weights) beside PyTorch,
 * encoder, decode, batching, prefix sharing on a VQAv2-like set, preprocessing beside Pillow, memory, and what equal bits cost; a model
 * of OneVision 0.5B's shape beside transformers.
 *   npm run bench -- engine [--threads N] [--rounds N] [--checkpoint DIR] [--images N] [--python FILE]
 *                           [--parts products,model,torch,preprocessing,onevision]
 * Opponents: Debian packages libopenblas-dev, libdnnl-dev, python3-torch, python3-pil; transformers and torch of PyPI in a virtual
 * environment, whose interpreter --python names; what is missing is said and left out. --checkpoint keeps the written models in DIR.
 * Times are the least of a few rounds. Where cores are shared, ratios of work that computes are by CPU time. Outputs of all opponents
 * are compared with ours: a difference ends the benchmark.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Machine, measureMachine } from "./engine/machine.js";
import { clipShape, measureModel, modelValues, type Numbers, type Shape, siglipShape } from "./engine/model.js";
import { measurePreprocessing } from "./engine/preprocessing.js";
import { measureProducts } from "./engine/products.js";
import { engineProgram, jsonLines } from "./engine/programs.js";
import { against, printTable, type Row } from "./engine/table.js";
import { compareValues, measureTorch, type Opponent } from "./engine/torch.js";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: String(availableParallelism()) },
    rounds: { type: "string", default: "12" },
    checkpoint: { type: "string" },
    images: { type: "string", default: "3" },
    python: { type: "string", default: "/usr/bin/python3" },
    parts: { type: "string", default: "products,model,torch,preprocessing,onevision" },
  },
});
const { threads, python } = values;
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
const torch: Opponent = { name: "PyTorch", script: "torch_model.py", python: "/usr/bin/python3" };
const transformers: Opponent = { name: "transformers", script: "transformers_model.py", python };
try {
  if (["model", "torch", "preprocessing"].some((part) => parts.includes(part))) {
    const checkpoint = await written(clipShape);
    const ours = parts.includes("model")
      ? await measureModel(clipShape, checkpoint, threads, values.images)
      : new Map();
    const compared = parts.includes("torch")
      ? await beside(ours, checkpoint, torch)
      : comparedRows(ours, "", undefined);
    rows.push(...modelRows(ours, compared, machine));
    if (parts.includes("preprocessing")) rows.push(...(await measurePreprocessing(checkpoint)));
  }
  if (parts.includes("onevision")) {
    const checkpoint = await written(siglipShape);
    const ours = await measureModel(siglipShape, checkpoint, threads, values.images);
    const compared = await beside(ours, checkpoint, transformers);
    rows.push(...compared.map((row) => ({ ...row, what: `OneVision 0.5B: ${row.what}`, aim: ">= 1 x" })));
  }
} finally {
  if (!values.checkpoint) await rm(folder, { recursive: true, force: true });
}
console.log("");
printTable(rows);
console.log(
  `\nall of it in ${((performance.now() - started) / 60_000).toFixed(1)} minutes, load ${loadavg()[0]?.toFixed(1)}`,
);

/** The folder of a model, written when it is not there. */
async function written({ model }: Shape): Promise<string> {
  const checkpoint = join(folder, model);
  const args = ["bench", "--checkpoint", checkpoint, "--model", model, "--json", "preprocess"];
  jsonLines(await engineProgram(), args, threads);
  return checkpoint;
}

/** Our numbers beside the opponent's, whose float32 values must be ours. */
async function beside(ours: Numbers, checkpoint: string, opponent: Opponent): Promise<Row[]> {
  const exact = measureTorch(opponent, checkpoint, threads, "float32");
  if (exact) compareValues(await modelValues(checkpoint, threads), exact);
  // Without avx512_bf16 PyTorch's bfloat16 is slower than its float32 by an order of magnitude.
  const half = flags.includes("avx512_bf16") ? measureTorch(opponent, checkpoint, threads, "bfloat16") : undefined;
  return [
    ...comparedRows(ours, `${opponent.name} float32`, exact),
    ...(half ? comparedRows(ours, `${opponent.name} bfloat16`, half) : []),
  ];
}

function comparedRows(ours: Numbers, name: string, theirs: Numbers | undefined): Row[] {
  const row = (what: string, unit: string, more: Partial<Row> = {}) =>
    against(what, unit, ours.get(what)?.value, name, theirs?.get(what)?.value, more);
  return [
    ...row("prefill 512", "tok/s", { aim: ">= 350" }),
    ...row("prefill 512: CPU time", "tok/CPU s"),
    ...row("encoder, 5 tiles", "s", { aim: "<= 6" }),
    ...row("encoder, 5 tiles: CPU time", "CPU s"),
    ...row("decode, 1 sequence", "tok/s"),
    ...row("decode, 1 sequence: CPU time", "tok/CPU s"),
  ];
}

function modelRows(ours: Numbers, compared: readonly Row[], machine: Machine): Row[] {
  const of = (what: string) => ours.get(what)?.value;
  const single = ours.get("VQAv2-like questions, one at a time");
  if (single && single.detail !== "equal answers") throw new Error(single.detail);
  const peak = machine.gflopsPerCpuSecond;
  const tower = (of("encoder, 5 tiles: work") ?? 0) / (of("encoder, 5 tiles: CPU time") ?? 1);
  return [
    ...compared,
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
