import { expect, test } from "vitest";
import type { Output } from "../../src/core/runner.js";
import type { Task } from "../../src/core/task.js";
import { scoreSample } from "../../src/run/score-sample.js";
import { readingOf } from "../../src/text/visible-answer.js";
import pope from "../../tasks/pope/task.js";

const output = (text: string, finish: Output["finish"]): Output => ({
  ...{ text, finish, usage: {}, warnings: [] },
  timing: { totalMs: 0, requestMs: 0, attempts: 1 },
});

test.each([
  ["", "length", "truncated"],
  ["", "stop", "empty"],
  ["Yes", "length", "truncated"],
  ["Yes", "stop", undefined],
  ["Perhaps.", "stop", "unparsable"],
  ["Perhaps it", "length", "unparsable"],
] as const)("POPE: %j that ended by %s is %s", (text, finish, remark) => {
  const split = pope.splits.test;
  if (!split) throw new Error("pope has no split test");
  const row = { question: "Is there a dog?", answer: "yes", question_id: "1", image_source: "a", category: "random" };
  const rules = { scoring: "official", seed: 0, reading: readingOf("official", undefined) } as const;
  const { score } = scoreSample({
    task: pope as unknown as Task,
    split,
    row,
    turns: [output(text, finish)],
    verdicts: [],
    rules,
  });
  expect(score).toMatchObject({ status: "scored" });
  expect(score?.status === "scored" && score.remark).toBe(remark);
});
