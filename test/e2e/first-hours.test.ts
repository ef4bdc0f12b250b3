/** What people met in their first hours: each was a wrong number believed, or work that ended in our own stack. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunManifest } from "../../src/record/run-manifest.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const task = join(root, "test", "forms", "single-image.ts");
const answering = ["yes", "no", "red", "2"];

/** Rows, and a journal that answers them rightly but for the first `wrong`. */
async function prepare(place: Workplace, journal: string, wrong: number): Promise<string> {
  await writeRows(place.file("data"), 24, 1);
  await mkdir(place.file(journal), { recursive: true });
  const lines = Array.from({ length: 24 }, (_, id) => ({ id: String(id), text: id < wrong ? "x" : answering[id % 4] }));
  await writeFile(
    place.file(journal, "single_image.samples.jsonl"),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  return `replay:${place.file(journal)}`;
}

test("a run that is found finished says so with its date, and keeps that date; --fresh asks again", async () => {
  await using place = await Workplace.make();
  const model = await prepare(place, "answers", 0);
  const run = ["run", "--tasks", task, "--data", "data", "--model", model, "--out", "R"];
  const first = await place.run(...run);
  expect(first.stderr).not.toContain("nothing asked");
  const finished = (JSON.parse(await place.read("R", "run.json")) as RunManifest).finishedAt as string;
  const again = await place.run(...run);
  expect(again.exitCode).toBe(0);
  expect(again.stderr).toContain(`nothing asked: this run finished on ${finished.slice(0, 16).replace("T", " ")} UTC`);
  expect((JSON.parse(await place.read("R", "run.json")) as RunManifest).finishedAt).toBe(finished);
  expect((await place.run(...run, "--fresh")).stderr).not.toContain("nothing asked");
});

test("a replay of a file that lacks many answers scores those that it has: a file is no endpoint that went down", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("data"), 80, 80);
  const lines = [70, 71, 72, 73].map((id) => `${JSON.stringify({ id: String(id), text: answering[id % 4] })}\n`);
  await writeFile(place.file("single_image.samples.jsonl"), lines.join(""));
  const model = "replay:single_image.samples.jsonl";
  const run = await place.run(
    "run",
    "--tasks",
    task,
    "--data",
    "data",
    "--model",
    model,
    "--out",
    "R",
    "--concurrency",
    "1",
  );
  expect(run.exitCode).toBe(2);
  expect(run.stderr).not.toContain("stopped answering");
  expect(run.stdout).toMatch(/not scored +76: transport: single_image.samples.jsonl has no answer for .* ×76$/m);
  expect((await place.result("R", "single_image")).n).toMatchObject({ total: 80, scored: 4 });
});

test("the nightly configuration asks again each night", async () => {
  expect(await readFile(join(root, "configs", "nightly.yaml"), "utf8")).toMatch(/^fresh: true$/m);
});

test("files named with folders that are not there are written, and a gate's exit code is kept", async () => {
  await using place = await Workplace.make();
  for (const [name, wrong] of [
    ["a", 0],
    ["b", 24],
  ] as const) {
    const model = await prepare(place, `answers-${name}`, wrong);
    await place.run("run", "--tasks", task, "--data", "data", "--model", model, "--out", name);
  }
  const files = { junit: "out/compare.xml", md: "out/deep/compare.md", json: "out/compare.json" };
  const closed = await place.run(
    ...["compare", "a", "b", "--fail-on", "regression", "--out", "no/dir.txt"],
    ...[
      "--save",
      Object.entries(files)
        .map(([form, file]) => `${form}=${file}`)
        .join(","),
    ],
  );
  expect(closed.exitCode, closed.stderr + (await place.read("no/dir.txt"))).toBe(3);
  for (const file of [...Object.values(files), "no/dir.txt"]) expect(await place.read(file)).toMatch(/regression/);
  const board = await place.run("leaderboard", "a", "--include", "demo", "--format", "html", "--out", "nope/x.html");
  expect(board.exitCode, board.stderr).toBe(0);
  expect(await place.read("nope/x.html")).toContain("<table>");
  // What cannot be a folder is the user's to know.
  const file = await place.run("leaderboard", "a", "--format", "html", "--out", "nope/x.html/y.html");
  expect(file.exitCode).toBe(1);
  expect(file.stderr).toMatch(/a file stands where a folder is needed/);
});

test("flagged entries that are left out are said in every format; a results folder that is named must be there", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("data"), 8);
  await place.run("run", "--tasks", task, "--data", "data", "--model", "stub", "--out", "results/r");
  for (const format of ["csv", "csv-long", "json", "md", "html", "model-index", "latex", "text", "svg", "table"])
    expect((await place.run("leaderboard", "--format", format)).stderr).toMatch(/1 entry flagged "demo" left out/);
  const missing = await place.run("leaderboard", "--results", "nothere");
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toMatch(/no such folder[\s\S]*nothere/);
});

test("a shell completes values: tasks, suites, presets and choices, also behind a comma", async () => {
  await using place = await Workplace.make();
  const completed = async (...words: string[]) => {
    const { stdout, stderr, exitCode } = await place.run("--get-yargs-completions", "llava-eval", ...words);
    // Whatever stands on stderr would stand between the words that are being typed.
    expect([stderr, exitCode]).toEqual(["", 0]);
    return stdout
      .trim()
      .split("\n")
      .map((word) => word.split(":")[0]);
  };
  expect(await completed("run", "--tasks", "mindc")).toEqual(["mindcube"]);
  expect(await completed("run", "--tasks", "pope,mindc")).toEqual(["pope,mindcube"]);
  expect(await completed("run", "--scoring", "o")).toContain("official");
  expect(await completed("run", "--model", "llava-next")).toEqual(expect.arrayContaining(["llava-next-72b"]));
  expect(await completed("leaderboard", "--format", "csv")).toEqual(expect.arrayContaining(["csv", "csv-long"]));
  // What is half typed, or is missing still, is no mistake.
  expect(await completed("init", "n")).toEqual(["nightly"]);
  expect(await completed("compare", "--format", "l")).toEqual(["latex"]);
});

test("a hub that cannot be reached: whoever asked for a checkpoint is told of a checkpoint's folder, not of rows", async () => {
  await using place = await Workplace.make({ HF_ENDPOINT: "http://127.0.0.1:9" });
  const { exitCode, stderr } = await place.run("model", "org/nothing");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/the hub does not answer[\s\S]*a checkpoint \(local:DIR\)/);
  expect(stderr).not.toContain("--data");
});

test("the nightly workflow runs where it is copied to: it comes with the package and needs no build of one's own", async () => {
  const { files } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { files: string[] };
  expect(files).toContain(".github/workflows/nightly.yml");
  const workflow = await readFile(join(root, ".github", "workflows", "nightly.yml"), "utf8");
  expect(workflow).toMatch(/npm run build --if-present/);
});

test("a task of one's own is shown without an example row; a suite of one's own is a file anywhere", async () => {
  await using place = await Workplace.make();
  const shown = await place.run("tasks", task);
  expect(shown.exitCode, shown.stderr).toBe(0);
  expect(shown.stdout).toMatch(/single_image[\s\S]*no example row of this task/);
  const model = await prepare(place, "answers", 6);
  await mkdir(place.file("suites"));
  await writeFile(place.file("suites", "mine.yaml"), `about: my tasks\ntasks: [${JSON.stringify(task)}]\n`);
  const run = await place.run(
    "run",
    "--tasks",
    "suites/mine.yaml",
    "--data",
    "data",
    "--model",
    model,
    "--out",
    "results/r",
  );
  expect(run.exitCode, run.stderr).toBe(0);
  for (const suite of ["suites/mine.yaml", "single_image"]) {
    const board = await place.run("leaderboard", "--suite", suite, "--include", "partial", "--format", "csv");
    expect(board.exitCode, board.stderr).toBe(0);
    expect(board.stdout.split("\n")[1]).toContain("75");
  }
  const unknown = await place.run("leaderboard", "--suite", "nosuch");
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toMatch(/at: +--suite/);
  const vqa = await place.run("run", "--tasks", "vqa");
  expect(vqa.stderr).toContain('did you mean "vqav2"?');
});
