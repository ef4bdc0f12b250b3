import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "./cli.js";

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

test("llava-eval/api is there for a program, with its types", async () => {
  const program =
    'import { evaluate } from "llava-eval/api"; const { results } = await evaluate({ tasks: "vqav2", model: "stub:no", data: "demo", limit: 9, out: "api-run" }); console.log(results.vqav2.n.total);';
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([stdout, stderr]).toEqual(["9\n", ""]);
  const { exports } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  expect(await readFile(join(installed, exports["./api"].types), "utf8")).toContain("evaluate");
});
