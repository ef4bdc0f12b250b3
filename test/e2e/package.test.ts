import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { startEndpoint } from "../fakes/endpoint.js";
import { root } from "./cli.js";

const run = promisify(execFile);

/** What a user has after `npm pack` and `npm i -D ./llava-eval-*.tgz` in an empty folder: nothing of the repository. */
let folder: string;
let installed: string;
/** What the install step said. */
let said: string;

const npm = (cwd: string, ...args: string[]) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-package-"));
  const [{ filename }] = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", folder)) as [
    { filename: string },
  ];
  await writeFile(join(folder, "package.json"), '{"name": "somebody", "version": "1.0.0", "private": true}\n');
  // npm keeps an install step's words to itself unless it is asked not to; with CI set they do not go to somebody's terminal.
  const install = ["i", "-D", `./${filename}`, "--no-audit", "--no-fund", "--foreground-scripts"];
  const { stderr } = spawnSync("npm", install, { cwd: folder, encoding: "utf8", env: { ...process.env, CI: "1" } });
  said = stderr;
  installed = join(folder, "node_modules", "llava-eval");
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the tarball holds what runs, and none of the tests or sources that do not", async () => {
  const names = await readdir(installed);
  expect(names).toEqual(
    expect.arrayContaining(["bin", "configs", "dist", "schemas", "LICENSE", "NOTICE", "README.md"]),
  );
  expect(names).not.toContain("test");
  expect(names).not.toContain("tasks");
  const engine = await readdir(join(installed, "src", "engine"), { recursive: true });
  expect(engine).toContain("build.mjs"); // it is built where it runs
  expect(engine.filter((name) => /test|emulat|bench/.test(name))).toEqual([]);
});

test("the install says what it compiles and how far it is, and leaves less than 150 MB", async () => {
  const lines = said.split("\n").filter((line) => line.startsWith("llava-eval: "));
  expect(lines[0]).toMatch(
    /^llava-eval: compiling the engine for local models, \d+ C\+\+ files; everything else needs no compiler$/,
  );
  expect(lines).toContain("llava-eval: 50 % of the engine compiled");
  expect(lines.at(-1)).toMatch(/^llava-eval: the engine is ready after \d+ s$/);
  expect((await readdir(join(installed, "build", "engine"))).filter((name) => !name.startsWith("."))).toEqual([
    "llava_engine.node",
  ]);
  const [kilobytes = ""] = execFileSync("du", ["-sk", join(folder, "node_modules")], { encoding: "utf8" }).split("\t");
  expect(Number(kilobytes)).toBeLessThan(150 * 1024);
  // As the README says, however often this checkout was built: chunks of earlier builds stay at home.
  const [, promised] = /and (\d+) MB remain/.exec(await readFile(join(root, "README.md"), "utf8")) ?? [];
  expect(Math.abs(Number(kilobytes) / 1024 - Number(promised))).toBeLessThan(5);
});

test("init nightly in the empty folder: settings, workflow and a first baseline, and lines that work there", async () => {
  const shell = (line: string) => spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" });
  const begun = shell("npx llava-eval init nightly --tasks vqav2,pope");
  expect(begun.status).toBe(0);
  expect(await readFile(join(folder, ".github", "workflows", "nightly.yml"), "utf8")).toContain("npm ci");
  const [schema = ""] = (await readFile(join(folder, "configs", "nightly.yaml"), "utf8")).split("\n");
  const path = schema.split("$schema=")[1] ?? "";
  expect(JSON.parse(await readFile(join(folder, "configs", path), "utf8"))).toHaveProperty("properties.tasks");
  // The first run has said what comes next, too; the last word is init's.
  const lines = begun.stderr.split("next: ").at(-1)?.trim().split(/\n\s+/) ?? [];
  expect(lines.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
    "npx llava-eval run",
    "npx llava-eval compare",
  ]);
  for (const line of lines) expect(shell(line)).toMatchObject({ status: 0 });
  // What the workflow does each night, but for npm ci: it is installed.
  const { jobs } = parse(await readFile(join(folder, ".github", "workflows", "nightly.yml"), "utf8"));
  const steps = (jobs.regression.steps as { run?: string }[]).flatMap(({ run }) => run ?? []);
  const [install, ...others] = steps;
  expect([install, others.length]).toEqual(["npm ci", 4]);
  for (const step of others) expect(shell(`set -eo pipefail; ${step}`), step).toMatchObject({ status: 0 });
  for (const file of ["compare.md", "compare.xml", "site/index.html", "report/index.html"])
    expect(existsSync(join(folder, "results", "nightly", file)), file).toBe(true);
});

test("the demo runs from the installed package, offline, with a valid leaderboard", async () => {
  const output = execFileSync("npx", ["--no-install", "llava-eval", "run", "--tasks", "vqav2,mmmu", "--json"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
  });
  const results = JSON.parse(output) as { task: string; flags: string[]; n: { total: number } }[];
  expect(results.map(({ task, n, flags }) => [task, n.total, flags])).toEqual([
    ["vqav2", 256, ["demo"]],
    ["mmmu", 256, ["demo"]],
  ]);
  const leaderboard = JSON.parse(await readFile(join(folder, "results", "leaderboard.json"), "utf8"));
  expect(leaderboard.schema).toBe("llava-eval/leaderboard@1");
  expect(leaderboard.entries.filter(({ run }: { run: string }) => run !== "nightly").length).toBe(2);
});

test("a task file of the user's works without a build, and its UserError is the program's", async () => {
  await writeFile(
    join(folder, "mine.ts"),
    `import { defineTask, mean, Type, UserError, userPrompt } from "llava-eval";
const row = Type.Object({ id: Type.String(), kind: Type.String() });
enum Kind { Fails = "fails" }
export default defineTask<{ id: string; kind: string }>({
  name: "mine", version: 1, about: "", cite: "",
  splits: { test: { sources: ["me/mine"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row, id: ({ id }) => id,
  prompt: ({ kind }) => { if (kind === Kind.Fails) throw new UserError("no such kind", "mine.ts", "choose another"); return userPrompt("hi"); },
  generation: { maxNewTokens: 1, temperature: 0 },
  score: () => ({ status: "scored", value: 1, answer: "" }),
  metrics: [mean("accuracy")],
});
`,
  );
  await writeFile(join(folder, "mine.jsonl"), '{"id": "a", "kind": "fails"}\n');
  let stderr = "";
  let status: number | undefined;
  try {
    execFileSync(
      "npx",
      ["--no-install", "llava-eval", "run", "--tasks", "./mine.ts", "--model", "stub", "--data", "."],
      { cwd: folder, encoding: "utf8", stdio: "pipe" },
    );
  } catch (error) {
    ({ stderr, status } = error as { stderr: string; status: number });
  }
  expect(status).toBe(1);
  expect(stderr).toContain("error: no such kind\n  at:  mine.ts\n  fix: choose another");
});

test("tasks new writes a task whose test passes beside an installed package, and prints the lines to type", async () => {
  const shell = (line: string) => spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" });
  const written = shell("npx --no-install llava-eval tasks new hers");
  const lines = written.stderr.split("next: ")[1]?.trim().split(/\n\s+/) ?? [];
  expect(lines).toEqual(["npx llava-eval run --tasks ./hers.ts --data . --model stub", "node --test hers.test.mjs"]);
  for (const line of lines) expect(shell(line)).toMatchObject({ status: 0 });
});

/** What somebody writes in an empty TypeScript project: types, progress, result, abort. */
const typed = (url: string) => `
import { type Evaluated, evaluate, type Progress } from "llava-eval/api";

const options = { tasks: "vqav2", data: "demo", model: "openai:fake@${url}", concurrency: 2, limit: 40, out: "typed" };
// @ts-expect-error  a misspelt option
const misspelt: Parameters<typeof evaluate>[0] = { ...options, limt: 3 };
// @ts-expect-error  a model is a text
const wrong: Parameters<typeof evaluate>[0] = { ...options, model: 7 };

const stop = new AbortController();
let reason: unknown;
try {
  for await (const progress of evaluate({ ...options, signal: stop.signal }))
    if (progress.type === "samples" && progress.done >= 4) stop.abort(new Error("enough for today"));
} catch (error) {
  reason = error;
}
const told: Progress["type"][] = [];
const run = evaluate(options);
for await (const progress of run) told.push(progress.type);
const { results, flags }: Evaluated = await run;
const value: number | null | undefined = results.vqav2?.metrics[0]?.value;
console.log(JSON.stringify({ reason: String(reason), told: [...new Set(told)], n: results.vqav2?.n, value, flags, typed: typeof misspelt === typeof wrong }));
`;

test("llava-eval/api in an empty TypeScript project: its types hold, progress, result and abort come", async () => {
  const project = join(folder, "typed");
  await mkdir(project);
  await using endpoint = await startEndpoint({ latencyMs: 10 });
  await writeFile(join(project, "main.mts"), typed(endpoint.url));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const tsc = (...args: string[]) => {
    const { stdout, status } = spawnSync(process.execPath, [compiler, ...args], { cwd: project, encoding: "utf8" });
    expect([status, args, stdout]).toEqual([0, args, expect.not.stringContaining("error")]);
  };
  tsc("--init");
  tsc("-p", ".");
  // And none of our declarations is wrong, which those settings do not look at.
  const types = join(root, "node_modules", "@types");
  tsc("-p", ".", "--noEmit", "--skipLibCheck", "false", "--types", "node", "--typeRoots", types);
  const { stdout, stderr } = await run(process.execPath, ["main.mjs"], { cwd: project });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    reason: "Error: enough for today",
    told: ["task", "samples", "task end"],
    n: expect.objectContaining({ total: 40, scored: 40 }),
    value: expect.any(Number),
    flags: ["demo", "partial"],
    typed: true,
  });
  // What the first had asked before it was stopped is not asked again. Besides, each sees whether somebody is there.
  expect(endpoint.asked.filter(({ text }) => text.includes("single word or phrase"))).toHaveLength(40);
});
