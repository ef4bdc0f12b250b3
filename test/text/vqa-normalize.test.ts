import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { removePunctuation } from "../../src/text/punctuation.js";
import { evalAiNormalize, vqav2Normalize } from "../../tasks/vqa/normalize.js";

/** Computed with the original code: text, the EvalAI processor, VQAv2's two steps. */
const table = [
  ["The cat's hat.", "cat 's hat", "cat's hat"],
  ["3.5", "3.5", "3.5"],
  ["1,000", "1000", "1000"],
  ["U.S.A.", "usa", "usa"],
  ["two dogs", "2 dogs", "2 dogs"],
  ["none", "0", "0"],
  ["dont", "don't", "don't"],
  ["yes, it is", "yes it is", "yes it is"],
  ["half-full", "half full", "half full"],
  ["a/b", "b", "b"],
  ["$5.00", "$5.00", "$5.00"],
  ["it's", "it 's", "it's"],
  ["12:30", "12:30", "12:30"],
  ["a.b", "ab", "ab"],
  ["3.", "3", "3"],
  ['"Stop"', "stop", "stop"],
  ["1,000 dollars, cash", "1000 dollars cash", "1000 dollars cash"],
  ["10 %", "10 %", "10 %"],
] as const;

describe("the original's answers", () => {
  for (const [text, evalAi, vqav2] of table)
    test(`${text} becomes ${evalAi} and ${vqav2}`, () => {
      expect(evalAiNormalize(text)).toBe(evalAi);
      expect(vqav2Normalize(text)).toBe(vqav2);
    });
});

test("at most 32 periods are removed", () => {
  expect(removePunctuation("a.".repeat(40), "EvalAI")).toBe(`${"a".repeat(32)}${"a.".repeat(8)}`);
});

test("a comma between digits anywhere makes every mark vanish instead of leaving a blank", () => {
  expect(removePunctuation("red-blue", "EvalAI")).toBe("red blue");
  expect(removePunctuation("red-blue 1,2", "EvalAI")).toBe("redblue 12");
});

test("what is remembered of earlier answers changes nothing", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const first = evalAiNormalize(text);
      expect(evalAiNormalize(text)).toBe(first);
      expect(evalAiNormalize(`${text} `)).toBe(evalAiNormalize(` ${text}`));
    }),
  );
});
