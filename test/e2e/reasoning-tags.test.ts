import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const single = join(root, "test", "forms", "single-image.ts");

/** Four right answers, each after a wrong thought. */
async function replayed(place: Workplace, wrap: (answer: string) => string) {
  await writeRows(place.file("rows"), 4);
  const lines = ["yes", "no", "red", "2"].map((answer, index) =>
    JSON.stringify({ index, id: String(index), cluster: "x", text: wrap(answer), finish: "stop" }),
  );
  await writeFile(place.file("single_image.samples.jsonl"), `${lines.join("\n")}\n`);
  const base = ["run", "--tasks", single, "--data", "rows", "--model", "replay:single_image.samples.jsonl"];
  return (...more: string[]) => place.run(...base, ...more);
}

const valueIn = async (place: Workplace, out: string) => (await place.result(out, "single_image")).metrics[0]?.value;

test("official scoring strips no thoughts and says what stands there; --reasoning-tags takes them out, as a rule of its own", async () => {
  await using place = await Workplace.make();
  const run = await replayed(place, (answer) => `<think>blue?</think>\n${answer}`);
  const raw = await run("--out", "raw");
  expect(raw.exitCode).toBe(0);
  expect(await valueIn(place, "raw")).toBe(0);
  expect(raw.stdout).toMatch(/4 of 4 answers are marked with <think>.*--reasoning-tags/);
  expect((await place.result("raw", "single_image")).reasoningTags).toBeUndefined();

  expect((await run("--out", "read", "--reasoning-tags", "think")).exitCode).toBe(0);
  expect(await valueIn(place, "read")).toBe(1);
  const { reasoningTags, notes } = await place.result("read", "single_image");
  expect(reasoningTags).toEqual(["think"]);
  expect(notes.join()).not.toContain("marked with");
  // The journal keeps what was said.
  expect((await place.samples("read", "single_image"))[0]?.text).toBe("<think>blue?</think>\nyes");

  expect((await run("--out", "lmms", "--scoring", "lmms-eval")).exitCode).toBe(0);
  expect(await valueIn(place, "lmms")).toBe(1);

  // It is part of what makes two runs the same.
  const other = await run("--out", "read", "--reasoning-tags", "none");
  expect(other.exitCode).toBe(1);
  expect((await place.run("compare", "raw", "read")).exitCode).toBe(1);
  const board = await place.run("leaderboard", "raw", "read", "--include", "partial", "--format", "md");
  expect(board.stdout).toMatch(/without think/);
});

test("score reads the same answers with other tags, into another folder", async () => {
  await using place = await Workplace.make();
  const run = await replayed(place, (answer) => `◁think▷blue?◁/think▷${answer}`);
  expect((await run("--out", "raw")).exitCode).toBe(0);
  expect((await place.run("score", "raw", "--reasoning-tags", "all")).exitCode).toBe(1);
  expect((await place.run("score", "raw", "--reasoning-tags", "all", "--out", "read")).exitCode).toBe(0);
  expect(await valueIn(place, "read")).toBe(1);
  expect((await place.run("score", "read")).exitCode).toBe(0);
  expect(await valueIn(place, "read")).toBe(1);
});

test("an end-of-turn mark is not scored, and said", async () => {
  await using place = await Workplace.make();
  const run = await replayed(place, (answer) => `${answer}<|im_end|>`);
  const { exitCode, stdout } = await run("--out", "out");
  expect(exitCode).toBe(0);
  expect(await valueIn(place, "out")).toBe(1);
  expect(stdout).toMatch(/4 of 4 answers end with an end-of-turn mark \(<\|im_end\|>\)/);
});

test("a tag that is not known is named, with the nearest", async () => {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run(
    "run",
    "--tasks",
    "pope",
    "--model",
    "stub",
    "--reasoning-tags",
    "thinkin",
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/did you mean "think/);
});

test("the marks of sixteen models: every right answer is right but the one that was never finished", async () => {
  await using place = await Workplace.make();
  const cases = join(root, "test", "cases", "reasoning-marks");
  const { exitCode } = await place.run(
    ...["run", "--tasks", "mmmu@val", "--data", join(cases, "data"), "--out", "out", "--reasoning-tags", "all"],
    ...["--model", `replay:${join(cases, "mmmu.samples.jsonl")}`],
  );
  expect(exitCode).toBe(0);
  const samples = await place.samples("out", "mmmu");
  const right = samples.flatMap(({ index, score }) => (score?.status === "scored" && score.value === 1 ? [index] : []));
  const unfinished = 8;
  expect(samples.map(({ index }) => index).filter((index) => !right.includes(index) && index !== unfinished)).toEqual(
    [],
  );
  expect(samples[unfinished]?.score).toMatchObject({ remark: "empty" });
});
