/**
 * What a fleet costs above one process: CPU time of the coordinator, the workers and the queue's server, starts included, for rows of one line of
 * text that the stub answers, with the server and the blocks of docs/fleet.md.
 *   npm run bench -- fleet [--rows 20000] [--workers 4] [--profile DIR]
 * On PostgreSQL with LLAVA_EVAL_TEST_QUEUE=postgres. With --profile each process writes its CPU profile there, which costs time itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { noPostgres, TestPostgres } from "../fakes/postgres.js";
import { noRedis, TestRedis } from "../fakes/redis.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "20000" },
    workers: { type: "string", default: "4" },
    profile: { type: "string" },
  },
});
const rows = Number(values.rows);
const isPostgres = process.env.LLAVA_EVAL_TEST_QUEUE === "postgres";
const noServer = isPostgres ? noPostgres : noRedis;
if (noServer !== undefined) throw new Error(noServer);

const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));
const meter = join(folder, "meter.mjs");
const task = join(folder, "lines.ts");
const started: ChildProcess[] = [];
const asked = ["--tasks", task, "--data", folder, "--name", "m"];
try {
  await writeFile(
    meter,
    `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(join(folder, "usage-"))} + process.pid, JSON.stringify(process.resourceUsage())));
`,
  );
  await writeFile(task, taskText());
  const lines = Array.from({ length: rows }, (_, id) => JSON.stringify({ id, question: `Is it number ${id}?` }));
  await writeFile(join(folder, "lines.jsonl"), `${lines.join("\n")}\n`);
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model.trim()}, node ${process.version}, ${new Date().toISOString().slice(0, 10)}, load ${loadavg()[0]?.toFixed(1)}`,
  );

  let began = performance.now();
  const whole = await start({}, "run", ...asked, "--model", "stub:yes", "--out", join(folder, "whole")).cpuSeconds;
  print("one process", whole, began);

  await using server = await (isPostgres ? TestPostgres : TestRedis).start();
  const before = server.cpuSeconds();
  const way = { LLAVA_EVAL_FLEET: server.url };
  began = performance.now();
  const coordinator = start(way, "run", ...asked, "--fleet", "--out", join(folder, "many"));
  const worker = ["worker", "--model", "stub:yes", "--name", "m", "--data", folder, "--task-file", task];
  const workers = Array.from({ length: Number(values.workers) }, () => start(way, ...worker));
  const all = Promise.all(workers.map(({ cpuSeconds }) => cpuSeconds));
  const early = all.then(() => Promise.reject(new Error("the workers left before the run was over")));
  const coordinating = await Promise.race([coordinator.cpuSeconds, early]);
  early.catch(() => {});
  for (const { child } of workers) child.kill("SIGINT");
  const working = (await all).reduce((sum, seconds) => sum + seconds, 0);
  const serving = server.cpuSeconds() - before;
  for (const name of ["lines.samples.jsonl", "lines.json"]) {
    const [ours, theirs] = await Promise.all(["whole", "many"].map((out) => readFile(join(folder, out, name))));
    if (!ours?.equals(theirs as Buffer)) throw new Error(`${name} of the fleet is not that of one process`);
  }
  print("fleet: server", serving);
  print("fleet: coordinator", coordinating);
  print(`fleet: ${workers.length} workers`, working);
  const fleet = serving + coordinating + working;
  print("fleet together", fleet, began);
  print("above one process", fleet - whole);
} finally {
  for (const child of started) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}

interface Started {
  readonly child: ChildProcess;
  /** User and system; rejects with what it said, when it fails. */
  readonly cpuSeconds: Promise<number>;
}

function start(environment: Record<string, string>, ...args: readonly string[]): Started {
  const profile = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
  const program = [...profile, "--import", pathToFileURL(meter).href, join(root, "bin/llava-eval.js"), ...args];
  // No settings, caches or keys of this machine's user.
  const env = { PATH: process.env.PATH ?? "", HOME: folder, ...environment };
  const child = spawn(process.execPath, program, { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  started.push(child);
  return { child, cpuSeconds: cpuOf(child) };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0 && exitCode !== 130) throw new Error(`a process ended with ${exitCode}:\n${stderr}`);
  const usage = JSON.parse(await readFile(join(folder, `usage-${child.pid}`), "utf8")) as NodeJS.ResourceUsage;
  return (usage.userCPUTime + usage.systemCPUTime) / 1e6;
}

function print(what: string, cpuSeconds: number, began?: number): void {
  const wall = began === undefined ? "" : `   ${((performance.now() - began) / 1000).toFixed(1)} s`;
  const each = ((1000 * cpuSeconds) / rows).toFixed(3);
  console.log(`${what.padEnd(22)} ${cpuSeconds.toFixed(1).padStart(6)} CPU s   ${each} CPU-ms a sample${wall}`);
}

function taskText(): string {
  return `import { defineTask, mean, type Static, Type } from "llava-eval";
const row = Type.Object({ id: Type.Integer(), question: Type.String() });
export default defineTask<Static<typeof row>>({
  name: "lines",
  version: 1,
  about: "Lines of text, as many as are wanted.",
  cite: "none: for a benchmark of this program",
  splits: { test: { sources: ["none/lines"], split: "test", rows: ${rows}, licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => String(id),
  prompt: ({ question }) => ({ messages: [{ role: "user", parts: [{ type: "text", text: question }] }] }),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: (_, { text }) => ({ status: "scored", value: 1, answer: text }),
  metrics: [mean("accuracy")],
});
`;
}
