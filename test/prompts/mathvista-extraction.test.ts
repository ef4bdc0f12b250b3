import { expect, test } from "vitest";
import { withoutReasoning } from "../../src/text/visible-answer.js";
import { mathVistaToJudge } from "../../tasks/mathvista/judge.js";

const row = { question_type: "free_form", answer_type: "float", precision: 1, query: "How long is it?" };
const output = {
  text: "It is about four and a half.",
  finish: "stop" as const,
  usage: {},
  timing: { totalMs: 0, attempts: 1 },
  warnings: [],
};

test.each([
  ["4.5", "4.5"],
  [" 4.5\n", "4.5"],
  ["<think>It says four and a half.</think>\n4.5", "4.5"],
  ["**4.5**", undefined],
  ["4.5 cm", undefined],
  ["Extracted answer: 4.5", undefined],
  ["`4.5`", undefined],
  ["$4.5", undefined],
  ["25%", undefined],
  ["", undefined],
])("an extraction that is no number of MathVista is asked for again: %j", (reply, verdict) => {
  expect(mathVistaToJudge(row, output, "official")?.parse(withoutReasoning(reply))).toBe(verdict);
});

test("lmms-eval's scoring asks again too, though lmms-eval takes whatever its judge says", () => {
  const parse = mathVistaToJudge(row, output, "lmms-eval")?.parse;
  expect(["4.5", "**4.5**", "Service temporarily unavailable"].map((reply) => parse?.(reply))).toEqual([
    ...["4.5", undefined, undefined],
  ]);
});
