/** VLMEvalKit's judge for what its rules cannot read: with one or without, and never half of each. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { judgeUnder } from "../../src/core/task.js";
import { encodePng } from "../../src/images/png.js";
import { Workplace } from "../e2e/cli.js";

/** Two questions of AI2D whose answer is B. */
async function withRows(): Promise<Workplace> {
  const place = await Workplace.make();
  await mkdir(place.file("data"));
  const pixels = new Uint8Array(8 * 8 * 3).fill(200);
  await writeFile(join(place.file("data"), "a.png"), await encodePng(pixels, 8, 8));
  const row = (question: string) =>
    JSON.stringify({ question, options: ["cat", "dog", "horse"], answer: "1", image: "a.png" });
  await writeFile(join(place.file("data"), "ai2d.jsonl"), `${row("What is it?")}\n${row("Which one?")}\n`);
  return place;
}

const asked = ["run", "--tasks", "ai2d", "--data", "data", "--model", "stub:It is hard to say"];
const vlmevalkit = [...asked, "--scoring", "vlmevalkit"];
const accuracy = (result: { metrics: readonly { name: string; value: number | null }[] }) =>
  result.metrics.find(({ name }) => name === "accuracy")?.value;

test("without a judge the rules decide alone, and the Result says so; the same run takes no judge later", async () => {
  await using place = await withRows();
  const shown = await place.run(...vlmevalkit, "--out", "exact");
  expect(shown.exitCode).toBe(0);
  expect(shown.stdout).toMatch(/accuracy {2,}0\.0 .*reported as "Overall"/);
  const exact = await place.result("exact", "ai2d");
  expect([accuracy(exact), exact.n.scored, exact.remarks.unparsable]).toEqual([0, 2, 2]);
  expect(exact.metrics).toMatchObject([{ name: "accuracy", reportedAs: "Overall" }]);
  expect(exact.judge).toMatchObject({ model: "none", expected: "gpt-4o-mini", asked: 0, fallback: true });
  expect(exact.notes.join()).toContain("exact matching");

  const later = await place.run(...vlmevalkit, "--judge", "stub:B", "--out", "exact");
  expect(later.exitCode).toBe(1);
  expect(later.stderr).toContain("judge ai2d");
});

test("with a judge its letter counts; one that gives none leaves the sample unscored, also when it is scored again", async () => {
  await using place = await withRows();
  expect((await place.run(...vlmevalkit, "--judge", "stub:B", "--out", "judged")).exitCode).toBe(0);
  const judged = await place.result("judged", "ai2d");
  expect([accuracy(judged), judged.judge?.asked]).toEqual([1, 2]);

  expect((await place.run(...vlmevalkit, "--judge", "stub:Service unavailable", "--out", "away")).exitCode).toBe(2);
  expect((await place.result("away", "ai2d")).n).toMatchObject({ scored: 0, unscored: { judge: 2 } });
  await place.run("score", "away");
  expect((await place.result("away", "ai2d")).n).toMatchObject({ scored: 0, unscored: { judge: 2 } });
});

test("scored again by another rule, no verdict comes along; scored again by VLMEvalKit's, the rules decide all samples", async () => {
  await using place = await withRows();
  await place.run(...vlmevalkit, "--judge", "stub:B", "--out", "judged");
  const again = await place.run("score", "judged", "--scoring", "official", "--out", "official");
  expect(again.exitCode).toBe(0);
  expect(again.stdout).not.toContain("reported as");
  const official = await place.result("official", "ai2d");
  expect([accuracy(official), official.judge]).toEqual([0, undefined]);
  expect(official.metrics[0]).not.toHaveProperty("reportedAs");

  expect((await place.run("score", "official", "--scoring", "vlmevalkit", "--out", "exact")).exitCode).toBe(0);
  const exact = await place.result("exact", "ai2d");
  expect([accuracy(exact), exact.n.scored, exact.judge?.model]).toEqual([0, 2, "none"]);
  expect(exact.metrics[0]?.reportedAs).toBe("Overall");
});

test("every fallback judge is asked under vlmevalkit alone, and the other scorings keep their own", async () => {
  const some = (await loadDefinitions()).filter(({ task }) => task.fallbackJudge !== undefined);
  expect(some.length).toBeGreaterThan(20);
  for (const { task } of some) {
    expect(task.fallbackJudge?.scorings, task.name).toEqual(["vlmevalkit"]);
    expect(task.scorings, task.name).toContain("vlmevalkit");
    expect(judgeUnder(task, "vlmevalkit"), task.name).toBe(task.fallbackJudge);
    expect(judgeUnder(task, "official"), task.name).toBe(
      task.judge?.scorings?.includes("official") === false ? undefined : task.judge,
    );
  }
});
