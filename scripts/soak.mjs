// npm run soak: what is too long for every change. Writes test/soak/reports/<date>.md: what was run, how it ended, how long it took.
// npm run soak -- WORDS...: only what has one of these words in its name; its report is <date>-<words>.md.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = (...args) => [process.execPath, "node_modules/vitest/vitest.mjs", "run", ...args];

/** The tests that take their inputs from test/invented.ts; a failure prints its seed. */
const inventing = readdirSync(join(root, "test"), { recursive: true })
  .map((name) => join("test", String(name)))
  .filter((name) => name.endsWith(".test.ts") && readFileSync(join(root, name), "utf8").includes("/invented.js"));

const soaks = [
  {
    name: "a run killed at 50 seeded random moments ends as the uninterrupted one",
    command: vitest("test/e2e/resume.test.ts", "-t", "killed"),
    environment: { LLAVA_EVAL_TEST_KILLS: "50" },
  },
  {
    name: "10,000 samples, judged, through faults, full disks and 20 kills end as the quiet run, byte for byte",
    command: vitest("test/e2e/hardships.test.ts"),
    environment: { LLAVA_EVAL_TEST_ROWS: "10000", LLAVA_EVAL_TEST_KILLS: "20" },
  },
  {
    name: "2,000 simulated nights: wrong verdicts of runs that stop when decided, coverage of corrected judges and gains",
    command: vitest("test/statistics/sequential.test.ts", "test/api/until.test.ts"),
    environment: { LLAVA_EVAL_TEST_NIGHTS: "2000" },
  },
  {
    name: "answers of two million hostile characters through every parser",
    command: vitest("test/text/hostile-answers.test.ts"),
    environment: { LLAVA_EVAL_TEST_ANSWER_SIZE: "2000000" },
  },
  {
    name: "two million invented inputs at the borders: replies, verdicts, rows, imports, journals",
    command: vitest(...inventing),
    environment: { LLAVA_EVAL_TEST_INPUTS: "100000", LLAVA_EVAL_TEST_SEED: String(Math.floor(Date.now() / 1000)) },
  },
  {
    name: "boards set by pdfLaTeX: a large one, a hostile one, one turned round",
    command: vitest("test/board/tables.test.ts"),
    environment: {},
  },
  {
    name: "a Slurm array of four shards, one of them requeued, merged by a dependent job",
    command: vitest("test/e2e/slurm.test.ts"),
    environment: { LLAVA_EVAL_TEST_SLURM: "1" },
  },
  {
    name: "shards of vqav2, mmmu, refcoco, mme and mmbench, with repeats, cut in 1, 2, 3, 7 and 16, merged",
    command: vitest("test/e2e/shards.test.ts"),
    environment: { LLAVA_EVAL_TEST_SHARDS: "1" },
  },
  {
    name: "a fleet through every fault: workers, Redis, coordinator, network, clocks, a poison sample, 20 rounds each",
    command: vitest(
      "test/e2e/fleet-faults.test.ts",
      "test/e2e/fleet.test.ts",
      "-t",
      "faults of a fleet|left out after",
    ),
    environment: { LLAVA_EVAL_TEST_KILLS: "20" },
  },
  {
    name: "a fleet on PostgreSQL: both sides of the queue, its doors, every fault 3 rounds each",
    command: vitest(
      "test/fleet/queue.test.ts",
      "test/e2e/fleet-postgres-doors.test.ts",
      "test/e2e/fleet-faults.test.ts",
      "test/e2e/fleet.test.ts",
      "--maxConcurrency=2",
    ),
    environment: { LLAVA_EVAL_TEST_QUEUE: "postgres", LLAVA_EVAL_TEST_KILLS: "3" },
  },
  {
    name: "a fleet on two hosts (network namespaces, as root): data by the coordinator, the local engine",
    command: vitest("test/e2e/fleet-data.test.ts", "-t", "on the other"),
    environment: { LLAVA_EVAL_TEST_NAMESPACES: "1" },
  },
  {
    name: "exports, each read by its real readers: huggingface_hub, pandas, polars, duckdb, pyarrow, TensorBoard, MLflow, JUnit",
    command: [
      "sh",
      "-c",
      "LLAVA_EVAL_TEST_READERS=$(node scripts/readers.mjs all) npx vitest run test/e2e/real-readers.test.ts",
    ],
    environment: {},
  },
  {
    name: "golden prompts of 2,936 to 7,316 tokens at OneVision's real geometry, on an emulated GPU",
    command: ["npm", "run", "golden", "--", "--emulated", "test/soak/ov-real-tiny-native"],
    environment: {},
  },
  {
    name: "the race detector over every suite of the CUDA kernels, faults planted",
    command: [process.execPath, "test/engine/races.mjs"],
    environment: {},
  },
  {
    name: "the CUDA back end compiled for every architecture (sm_80, 89, 90, 100, 120)",
    command: [process.execPath, "src/engine/build.mjs", "addon", "--check-cuda", "--arch", "80,89,90,100,120"],
    environment: {},
  },
  {
    name: "the addon on Node 20, 22 and 24",
    command: [process.execPath, "scripts/node-versions.mjs", "configs/demo/model"],
    environment: {},
  },
];

const date = new Date().toISOString().slice(0, 10);
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim();
const lines = [
  `# Soak of ${date}`,
  "",
  `Commit ${commit}, Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model.trim()}. Made by \`npm run soak\`.`,
  "",
  "| what | result | seconds |",
  "| --- | --- | --- |",
];
const folder = join(root, "test/soak/reports");
mkdirSync(folder, { recursive: true });
const words = process.argv.slice(2);
const report = join(folder, `${[date, ...words.map((word) => word.replace(/[^A-Za-z0-9]+/g, "-"))].join("-")}.md`);
/** Where tests leave what they counted: tables in Markdown. */
const notes = join(mkdtempSync(join(tmpdir(), "llava-eval-soak-")), "notes.md");
for (const { name, command, environment } of soaks) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
  const began = performance.now();
  const [program, ...args] = command;
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, LLAVA_EVAL_TEST_NOTES: notes, ...environment },
  });
  if (status !== 0) process.exitCode = 1;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const settings = Object.entries(environment).map(([key, value]) => `${key.replace("LLAVA_EVAL_TEST_", "")} ${value}`);
  const what = [name, ...settings].join(", ");
  lines.push(`| ${what} | ${status === 0 ? "passed" : `FAILED (${status})`} | ${seconds} |`);
  // After each: what was seen is not lost when the next one is cut off.
  const counted = existsSync(notes) ? ["", readFileSync(notes, "utf8").trimEnd()] : [];
  writeFileSync(report, `${[...lines, ...counted].join("\n")}\n`);
}
rmSync(join(notes, ".."), { recursive: true });
process.stdout.write(`${lines.join("\n")}\n`);
