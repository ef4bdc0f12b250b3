/**
 * What the harness itself costs: image requests (100 KB JPEG each, from parquet) against an instant endpoint in another process,
 * and the share of the ideal throughput that it reaches with a slow one.
 *   npm run bench -- harness [--rows 2000,20000] [--concurrency 32,256] [--no-slow]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parquetBytes } from "../fakes/parquet-files.js";
import { noisePicture } from "../fakes/pictures.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "2000,20000" },
    concurrency: { type: "string", default: "32,256" },
    slow: { type: "boolean", default: true },
  },
  allowNegative: true,
});

const rowsPerShard = 500;
const pictureBytes = 100_000;
const pictures = await Promise.all(Array.from({ length: 20 }, (_, i) => noisePicture(pictureBytes, i + 1)));
const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));
try {
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model.trim()}, node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  );
  console.log("rows    concurrency  latency  wall s   samples/s  CPU-ms/sample  peak MB  bytes/sample  of ideal");
  for (const rows of values.rows.split(",").map(Number)) {
    await writeShards(rows);
    for (const concurrency of values.concurrency.split(",").map(Number)) await measure(rows, concurrency, 0);
    if (values.slow && rows <= 2000) await measure(rows, 32, 200);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeShards(rows: number): Promise<void> {
  const data = join(folder, "rows", "single_image");
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  const shards = Math.ceil(rows / rowsPerShard);
  for (let shard = 0; shard < shards; shard++) {
    const part = Array.from({ length: Math.min(rowsPerShard, rows - shard * rowsPerShard) }, (_, i) => {
      const id = shard * rowsPerShard + i;
      return {
        id,
        image: { bytes: pictures[id % pictures.length], path: `${id}.jpg` },
        question: `Question ${id}?`,
        answer: "yes",
      };
    });
    const number = (k: number) => String(k).padStart(5, "0");
    const bytes = parquetBytes({ id: "int64", image: "image", question: "string", answer: "string" }, part);
    await writeFile(join(data, `test-${number(shard)}-of-${number(shards)}.parquet`), bytes);
  }
}

async function measure(rows: number, concurrency: number, latency: number): Promise<void> {
  const server = spawn(
    process.execPath,
    [
      join(root, "node_modules/jiti/lib/jiti-cli.mjs"),
      join(root, "test/fakes/endpoint.ts"),
      "--port",
      "0",
      "--instant",
      "--latency",
      String(latency),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const { url } = JSON.parse(await firstLine(server)) as { url: string };
    const out = join(folder, "out");
    await rm(out, { recursive: true, force: true });
    const args = [
      "run",
      "--tasks",
      join(root, "test/forms/single-image.ts"),
      "--data",
      join(folder, "rows"),
      "--model",
      `openai:fake@${url}`,
    ];
    const child = spawn(
      process.execPath,
      [join(root, "bin/llava-eval.js"), ...args, "--concurrency", String(concurrency), "--out", out],
      {
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    const { wallSeconds, cpuMs, peakMb, exitCode } = await watch(child);
    if (exitCode !== 0) throw new Error(`the run ended with ${exitCode}:\n${stderr}`);
    const lines = (await readFile(join(out, "single_image.samples.jsonl"), "utf8")).split("\n").length - 1;
    if (lines !== rows) throw new Error(`${lines} samples instead of ${rows}`);
    const ideal =
      latency === 0
        ? ""
        : `${((100 * ((rows / concurrency) * latency)) / 1000 / runSeconds(stderr, wallSeconds)).toFixed(1)}%`;
    const stored =
      (await stat(join(out, "single_image.samples.jsonl"))).size + (await stat(join(out, "timings.jsonl"))).size;
    console.log(
      [
        String(rows).padEnd(7),
        String(concurrency).padEnd(12),
        `${latency} ms`.padEnd(8),
        wallSeconds.toFixed(2).padEnd(8),
        (rows / wallSeconds).toFixed(0).padEnd(10),
        (cpuMs / rows).toFixed(3).padEnd(14),
        peakMb.toFixed(0).padEnd(8),
        (stored / rows).toFixed(0).padEnd(13),
        ideal,
      ].join(" "),
    );
  } finally {
    server.kill();
  }
}

/** The loop's own time, without the start of the process: `... new samples in 13 s` is rounded, so the wall time stands in when close. */
function runSeconds(stderr: string, wallSeconds: number): number {
  const rate = /([\d,]+) new · ([\d.,]+) samples\/s/.exec(stderr);
  const samples = Number(rate?.[1]?.replaceAll(",", ""));
  const perSecond = Number(rate?.[2]?.replaceAll(",", ""));
  return samples > 0 && perSecond > 0 ? samples / perSecond : wallSeconds;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("exit", () => reject(new Error("the endpoint did not start")));
  });
}

/** CPU time and peak memory as the kernel counts them, read until the process is gone. */
async function watch(
  child: ChildProcess,
): Promise<{ wallSeconds: number; cpuMs: number; peakMb: number; exitCode: number | null }> {
  const began = performance.now();
  let cpuTicks = 0;
  let peakKb = 0;
  const timer = setInterval(async () => {
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
    const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields.length > 13) cpuTicks = Number(fields[11]) + Number(fields[12]);
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 20);
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(timer);
  return { wallSeconds: (performance.now() - began) / 1000, cpuMs: cpuTicks * 10, peakMb: peakKb / 1024, exitCode };
}
