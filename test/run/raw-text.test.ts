/** What a scorer sees of an answer: as it was written, or as lmms-eval hands it on. */
import { expect, test } from "vitest";
import { loadTasks } from "../../src/api/tasks/catalogue.js";
import type { Output } from "../../src/core/runner.js";
import type { Scoring } from "../../src/core/score.js";
import type { Split, Task } from "../../src/core/task.js";
import { scoreSample } from "../../src/run/score-sample.js";
import { readingOf } from "../../src/text/visible-answer.js";

const task = (await loadTasks()).find(({ name }) => name === "mmmu_pro_standard") as Task;
const row = { id: "test_Art_1", question: "?", options: "['a', 'b', 'c', 'd', 'e', 'f']", answer: "F", subject: "Art" };
const score = (text: string, scoring: Scoring) => {
  const output: Output = { text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] };
  const rules = { scoring, seed: 0, reading: readingOf(scoring) };
  return scoreSample({ task, split: task.splits.test as Split, row, turns: [output], verdicts: [], rules }).score;
};

test("MMMU-Pro's script finds no letter in a line with its break, lmms-eval strips it first", () => {
  expect(score("F", "official")).toMatchObject({ answer: "F", value: 1 });
  expect(score("F\n", "official")).toMatchObject({ remark: "unparsable" });
  expect(score("F\n", "lmms-eval")).toMatchObject({ answer: "F", value: 1 });
});
