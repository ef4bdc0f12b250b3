/**
 * What the harness itself costs: image requests (100 KB JPEG each, all different, from snappy parquet) against an instant
 * endpoint in another process, and the share of the ideal throughput that it reaches with a slow one. Beside it, for what the
 * machine is worth, a bare loop of Node's fetch that sends as many such requests and does nothing else.
 *   npm run bench -- harness [--rows 2000,20000,214354] [--concurrency 32,256] [--latency 200] [--repeats 3]
 * Without flags: 2,000 rows at 32 and 256 at once, then 2,000 at 32 with 200 ms. Of several repeats the one with the least
 * CPU time is shown: what others do on the machine only adds to it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { noiseImage } from "../fakes/images.js";
import { parquetBytes } from "../fakes/parquet-files.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    concurrency: { type: "string" },
    /** Milliseconds before the endpoint answers. */
    latency: { type: "string" },
    repeats: { type: "string", default: "1" },
  },
});

interface Case {
  readonly rows: number;
  readonly concurrency: number;
  readonly latencyMs: number;
}

/** What the kernel counted for a process: all threads, the start included. */
interface Usage {
  readonly cpuMs: number;
  readonly peakMb: number;
}

interface Measured extends Usage {
  readonly wallSeconds: number;
  readonly storedBytes: number;
  /** Of the loop alone, as the run's own last line says it. */
  readonly samplesPerSecond: number;
}

const numbers = (text: string | undefined, usual: readonly number[]) => text?.split(",").map(Number) ?? usual;
const latencyMs = Number(values.latency ?? 0);
const cases: readonly Case[] = [
  ...numbers(values.rows, [2000]).flatMap((rows) =>
    numbers(values.concurrency, latencyMs > 0 ? [32] : [32, 256]).map((concurrency) => ({
      rows,
      concurrency,
      latencyMs,
    })),
  ),
  ...((values.rows ?? values.concurrency ?? values.latency) ? [] : [{ rows: 2000, concurrency: 32, latencyMs: 200 }]),
];

const rowsPerShard = 500;
/** Larger splits repeat these shards by hard links: their size on the disk says nothing new. */
const differentShards = 40;
const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));
/** At its end a measured process writes its usage. */
const meter = join(folder, "meter.mjs");
const meterFile = join(folder, "meter.json");
const imageFile = join(folder, "image.jpg");
try {
  await writeFile(
    meter,
    `import { readFileSync, writeFileSync } from "node:fs";
process.on("exit", () => {
  const usage = process.resourceUsage();
  // The kernel counts what stood in memory when this process was forked as its own: the bench itself, with its images.
  const own = process.platform === "linux" ? /VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8")) : null;
  writeFileSync(${JSON.stringify(meterFile)}, JSON.stringify({ ...usage, maxRSS: own ? Number(own[1]) : usage.maxRSS }));
});
`,
  );
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model.trim()}, node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  );
  console.log(
    "rows    concurrency  latency  wall s   samples/s  CPU-ms/sample  bare fetch  peak MB  bytes/sample  of ideal  load",
  );
  for (const [i, one] of cases.entries()) {
    if (one.rows !== cases[i - 1]?.rows) await writeShards(one.rows);
    let best = await measure(one);
    let bare = await measureFetchLoop(one);
    for (let repeat = 1; repeat < Number(values.repeats); repeat++) {
      const next = await measure(one);
      if (next.cpuMs < best.cpuMs) best = next;
      bare = Math.min(bare, await measureFetchLoop(one));
    }
    print(one, best, bare);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeShards(rows: number): Promise<void> {
  const data = join(folder, "rows", "single_image");
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  // Noise of 150,000 pixels' worth makes JPEGs of about 100 KB.
  const images = await Promise.all(Array.from({ length: 20 }, (_, i) => noiseImage(150_000, i + 1)));
  await writeFile(imageFile, images[0] as Buffer);
  const shards = Math.ceil(rows / rowsPerShard);
  const number = (k: number) => String(k).padStart(5, "0");
  const path = (shard: number) => join(data, `test-${number(shard)}-of-${number(shards)}.parquet`);
  for (let shard = 0; shard < shards; shard++) {
    const count = Math.min(rowsPerShard, rows - shard * rowsPerShard);
    if (shard >= differentShards && count === rowsPerShard) {
      await link(path(shard % differentShards), path(shard));
      continue;
    }
    const part = Array.from({ length: count }, (_, i) => {
      const id = shard * rowsPerShard + i;
      // All different, or the writer keeps each once in a dictionary.
      const bytes = Buffer.from(images[id % images.length] as Buffer);
      bytes.writeUInt32LE(id, bytes.length - 40);
      return { id, image: { bytes, path: `${id}.jpg` }, question: `Question ${id}?`, answer: "yes" };
    });
    await writeFile(
      path(shard),
      parquetBytes({ id: "int64", image: "image", question: "string", answer: "string" }, part),
    );
  }
}

async function measure(one: Case): Promise<Measured> {
  const out = join(folder, "out");
  await rm(out, { recursive: true, force: true });
  return withEndpoint(one, async (url) => {
    const args = ["run", "--tasks", join(root, "test/forms/single-image.ts"), "--data", join(folder, "rows")];
    args.push("--model", `openai:fake@${url}`, "--concurrency", String(one.concurrency), "--out", out);
    const began = performance.now();
    const { usage, stderr } = await metered(join(root, "bin/llava-eval.js"), args);
    const wallSeconds = (performance.now() - began) / 1000;
    const lines = (await readFile(join(out, "single_image.samples.jsonl"), "utf8")).split("\n").length - 1;
    if (lines !== one.rows) throw new Error(`${lines} samples instead of ${one.rows}`);
    return { ...usage, wallSeconds, storedBytes: await bytesIn(out), samplesPerSecond: lastRate(stderr) };
  });
}

/** CPU milliseconds of all its requests: at most 2,000, every one costs the same. */
function measureFetchLoop(one: Case): Promise<number> {
  const requests = Math.min(one.rows, 2000);
  const program = join(root, "test/bench/harness/fetch-loop.mjs");
  return withEndpoint({ ...one, latencyMs: 0 }, async (url) => {
    const { usage } = await metered(program, [url, imageFile, String(requests), String(one.concurrency)]);
    return usage.cpuMs / requests;
  });
}

async function withEndpoint<T>({ latencyMs }: Case, body: (url: string) => Promise<T>): Promise<T> {
  const jiti = join(root, "node_modules/jiti/lib/jiti-cli.mjs");
  const endpoint = [join(root, "test/fakes/endpoint.ts"), "--port", "0", "--instant", "--latency", String(latencyMs)];
  const server = spawn(process.execPath, [jiti, ...endpoint], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    return await body((JSON.parse(await firstLine(server)) as { url: string }).url);
  } finally {
    server.kill();
  }
}

/** @throws with what the program said, when it fails */
async function metered(program: string, args: readonly string[]): Promise<{ usage: Usage; stderr: string }> {
  const child = spawn(process.execPath, ["--import", pathToFileURL(meter).href, program, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}:\n${stderr}`);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(await readFile(meterFile, "utf8")) as NodeJS.ResourceUsage;
  return { usage: { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 }, stderr };
}

function print({ rows, concurrency, latencyMs }: Case, measured: Measured, bare: number): void {
  const { wallSeconds, cpuMs, peakMb, storedBytes, samplesPerSecond } = measured;
  const ideal = (concurrency / latencyMs) * 1000;
  const columns = [
    String(rows).padEnd(7),
    String(concurrency).padEnd(12),
    `${latencyMs} ms`.padEnd(8),
    wallSeconds.toFixed(2).padEnd(8),
    samplesPerSecond.toFixed(0).padEnd(10),
    (cpuMs / rows).toFixed(3).padEnd(14),
    bare.toFixed(3).padEnd(11),
    peakMb.toFixed(0).padEnd(8),
    (storedBytes / rows).toFixed(0).padEnd(13),
    (latencyMs === 0 ? "" : `${((100 * samplesPerSecond) / ideal).toFixed(1)}%`).padEnd(9),
    (loadavg()[0] as number).toFixed(1),
  ];
  console.log(columns.join(" "));
}

/** The whole run folder. */
async function bytesIn(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const sizes = entries.map(async (entry) =>
    entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** `single_image 2,000 new · 159 samples/s · ...`: the line at the end, behind those in between. */
function lastRate(stderr: string): number {
  const rate = [...stderr.matchAll(/new · ([\d.,]+) samples\/s/g)].at(-1)?.[1];
  if (rate === undefined) throw new Error(`the run does not say how fast it was:\n${stderr}`);
  return Number(rate.replaceAll(",", ""));
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
