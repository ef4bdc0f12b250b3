import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compare, explain, leaderboard, readRun, score } from "../../src/api/index.js";
import { sample, writeRun } from "../board/run-fixture.js";
import { root, Workplace } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";

const right = Array.from({ length: 300 }, (_, i) => sample(i, 1));
const worse = Array.from({ length: 300 }, (_, i) => sample(i, i % 3 === 0 ? 0 : 1));

async function twoRuns(): Promise<Workplace> {
  const place = await Workplace.make();
  await writeRun(place.path, "a", { tasks: { vqav2: { samples: right }, gqa: { samples: right } } });
  await writeRun(place.path, "b", { tasks: { vqav2: { samples: worse }, gqa: { samples: right } } });
  return place;
}

test("compare gives the verdict that the command prints, and refuses what the command refuses", async () => {
  await using place = await twoRuns();
  const [a, b] = [place.file("a"), place.file("b")];
  const comparison = await compare(a, b);
  expect(comparison.verdict).toBe("regression");
  expect(comparison.tasks.map(({ task, verdict }) => [task, verdict])).toEqual([
    ["gqa", "no regression"],
    ["vqav2", "regression"],
  ]);
  const printed = await place.run("compare", "a", "b", "--format", "json");
  expect(JSON.parse(printed.stdout).tasks).toEqual(JSON.parse(JSON.stringify(comparison.tasks)));
  expect((await compare(a, b, { tasks: ["gqa"] })).verdict).toBe("no regression");
  await expect(compare(a, b, { alpha: 7 })).rejects.toMatchObject({ name: "UserError", where: "alpha" });
  await expect(compare(a, place.file("none"))).rejects.toMatchObject({ name: "UserError" });
});

test("explain gives a report for each task that both have", async () => {
  await using place = await twoRuns();
  const explanations = await explain(place.file("a"), place.file("b"));
  expect(explanations.map(({ task, changedScores }) => [task, changedScores])).toEqual([
    ["gqa", 0],
    ["vqav2", 100],
  ]);
  await expect(explain(place.file("a"), place.file("b"), { tasks: ["pope"] })).rejects.toThrow("no task in common");
});

test("leaderboard gives models x tasks, and tells of runs that it could not read", async () => {
  await using place = await twoRuns();
  const warnings: string[] = [];
  const board = await leaderboard({ results: place.path, onWarning: (message) => warnings.push(message) });
  expect(board.columns.map(({ task }) => task).sort()).toEqual(["gqa", "vqav2"]);
  expect(board.rows.map(({ model }) => model).sort()).toEqual(["a", "b"]);
  expect(warnings).toEqual([]);
  const one = await leaderboard({ runs: [place.file("a")], tasks: ["gqa"] });
  expect([one.rows.length, one.columns.length]).toEqual([1, 1]);
  await expect(leaderboard({ include: ["all"] })).rejects.toThrow('"all" is no flag');
});

test("readRun gives the results by label and the samples one by one", async () => {
  await using place = await twoRuns();
  const { folder, manifest, results, samples } = await readRun(place.file("b"));
  expect([folder, manifest.model]).toEqual([place.file("b"), "b"]);
  expect(Object.keys(results)).toEqual(["gqa", "vqav2"]);
  const wrong: string[] = [];
  for await (const { id, score } of samples("vqav2"))
    if (score?.status === "scored" && score.value === 0) wrong.push(id);
  expect(wrong.length).toBe(100);
});

test("score gives what the command writes, and evaluates nothing", async () => {
  // One user, who has one key to his runs.
  await using place = await Workplace.make({ XDG_STATE_HOME: process.env.XDG_STATE_HOME ?? "" });
  await writeRows(place.file("rows"), 8);
  const task = join(root, "test", "forms", "single-image.ts");
  const args = ["run", "--tasks", task, "--data", place.file("rows"), "--model", "stub:yes", "--out", "run"];
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });
  const before = await readFile(place.file("run", "single_image.json"), "utf8");
  const { results, folder, flags } = await score(place.file("run"), { out: place.file("again") });
  expect(folder).toBe(place.file("again"));
  expect(flags).toEqual(["demo"]);
  expect(results.single_image).toEqual(JSON.parse(before));
  expect(await place.read("again", "single_image.json")).toBe(before);
  await expect(score(place.file("run"), { scoring: "lmms-eval" })).rejects.toMatchObject({ where: "--scoring" });
});
