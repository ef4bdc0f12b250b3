/** The whole nightly path as a CI job walks it: run, accept, run again, compare, with configs/nightly.yaml and the real program. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { SampleRecord } from "../../src/record/samples.js";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { root, Workplace } from "./cli.js";

const config = join(root, "configs", "nightly.yaml");
const tasks = ["vqav2", "pope", "mmmu", "coco2017_cap"];
const wrong = "nothing of the kind";

/** What a model would have answered, by task: right where `isRight` says so. */
type Answers = (task: string, record: SampleRecord) => string;

/** Right in seven of ten, the same for the same words. */
const seventyPercent =
  (...words: (string | number)[]): Answers =>
  (task, record) =>
    seededRandom(task, record.id, ...words).next() < 0.7 ? rightAnswer(record) : wrong;

function rightAnswer({ score }: SampleRecord): string {
  return (score?.status === "scored" ? score.targets?.[0] : undefined) ?? wrong;
}

/** 15 of 100 answers of one task replaced. */
const spoiling =
  (task: string, answers: Answers): Answers =>
  (name, record) =>
    name === task && record.index % 20 < 3 ? wrong : answers(name, record);

let place: Workplace;
const asked = new Map<string, SampleRecord[]>();

// The stub asks every question once: its journals hold the ids and the references.
beforeAll(async () => {
  place = await Workplace.make();
  const { exitCode, stderr } = await place.run("run", "--config", config, "--model", "stub", "--out", "questions");
  expect(stderr).not.toContain("error:");
  expect(exitCode).toBe(0);
  for (const task of tasks) {
    const lines = (await readFile(place.file("questions", `${task}.samples.jsonl`), "utf8")).trimEnd().split("\n");
    asked.set(
      task,
      lines.map((line) => JSON.parse(line)),
    );
  }
  return async () => place[Symbol.asyncDispose]();
}, 900_000);

/** Journals as a run with these answers would have left them, for the replay runner. */
async function journals(name: string, answers: Answers): Promise<string> {
  await mkdir(place.file(name));
  for (const [task, records] of asked) {
    const lines = records.map((record) => `${JSON.stringify({ ...record, text: answers(task, record) })}\n`);
    await writeFile(place.file(name, `${task}.samples.jsonl`), lines.join(""));
  }
  return `replay:${place.file(name)}`;
}

const run = (model: string, out: string) =>
  place.run("run", "--config", config, "--model", model, "--out", out, "--fresh");

test("15 % of one task's answers spoiled close the gate, and it names that task and no other", {
  timeout: 900_000,
}, async () => {
  const good = seventyPercent("baseline");
  expect((await run(await journals("good", good), "results/nightly")).exitCode).toBe(0);
  const refused = await place.run("baseline", "accept", "results/nightly");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('flagged "demo"');
  const accepted = await place.run("baseline", "accept", "results/nightly", "--allow", "demo");
  expect(accepted).toMatchObject({ exitCode: 0 });

  const same = await place.run(
    "compare",
    "results/baselines/nightly",
    "results/nightly",
    "--fail-on",
    "regression,inconclusive",
  );
  expect(same).toMatchObject({ exitCode: 0 });

  expect((await run(await journals("spoiled", spoiling("vqav2", good)), "results/nightly")).exitCode).toBe(0);
  const gate = ["--fail-on", "regression", "--save", "junit=compare.xml,md=compare.md"];
  const closed = await place.run("compare", "results/baselines/nightly", "results/nightly", ...gate);
  expect(closed.exitCode).toBe(3);
  expect(closed.stderr).toMatch(/^gate closed: regression: vqav2$/m);
  expect(closed.stdout).toMatch(/^vqav2 v\d+ .*regression: significantly worse$/m);
  for (const other of tasks.slice(1))
    expect(closed.stdout).toMatch(new RegExp(`^${other} v\\d+ .*no regression: all answers are identical$`, "m"));
  expect(await readFile(place.file("compare.xml"), "utf8")).toContain('tests="4" failures="1"');

  // The baseline changes only by being accepted.
  const again = await place.run("compare", "results/baselines/nightly", "results/nightly", "--fail-on", "regression");
  expect(again.exitCode).toBe(3);
  expect((await place.run("baseline", "accept", "results/nightly", "--allow", "demo")).stdout).toMatch(
    /^vqav2 \S+: .* → /m,
  );
  expect(
    (await place.run("compare", "results/baselines/nightly", "results/nightly", "--fail-on", "regression")).exitCode,
  ).toBe(0);
});

test("two sampled runs of one model leave the gate open", { timeout: 900_000 }, async () => {
  for (const draw of [1, 2]) {
    const { exitCode } = await run(
      await journals(`draw${draw}`, seventyPercent("sampled", draw)),
      `results/draw${draw}`,
    );
    expect(exitCode).toBe(0);
  }
  const { exitCode, stdout, stderr } = await place.run(
    "compare",
    "results/draw1",
    "results/draw2",
    "--fail-on",
    "regression",
  );
  expect(stdout).not.toContain("all answers are identical");
  expect(stderr).not.toContain("gate closed");
  expect(exitCode).toBe(0);
});
