import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { reasoningTagNames, reasoningTagsOf, visibleAnswer, withoutReasoning } from "../../src/text/visible-answer.js";
import { invented, inventedTimeout } from "../invented.js";

const marks: readonly (readonly [text: string, tag: string, visible: string])[] = [
  ["<think>It is (A).</think>\nB", "think", "B"],
  ["<THINK>It is (A).</THINK>\nB", "think", "B"],
  ["It is (A).</think>\n\nB", "think", "B"],
  ["<think>(A)</think><think>(C)</think>B", "think", "B"],
  ["<thinking>It is (A).</thinking>\nB", "thinking", "B"],
  ["<analysis>It is (A).</analysis>B", "analysis", "B"],
  ["<reasoning>It is (A).</reasoning>B", "reasoning", "B"],
  ["<thought>It is (A).</thought>B", "thought", "B"],
  ["<seed:think>It is (A).</seed:think>B", "seed:think", "B"],
  ["◁think▷It is (A).◁/think▷B", "◁think▷", "B"],
  ["[THINK]It is (A).[/THINK]B", "[THINK]", "B"],
  ["<|channel|>analysis<|message|>(A)?<|end|><|start|>assistant<|channel|>final<|message|>B", "harmony", "B"],
  ["<|channel|>final<|message|>B<|return|>", "harmony", "B"],
  ["It is <|begin_of_box|>B<|end_of_box|>", "box", "B"],
  ["I think <answer>B</answer>", "answer", "B"],
  // Never closed: nothing was said.
  ["<think>It is (A) or", "think", ""],
  ["<|channel|>analysis<|message|>It is (A) or", "harmony", ""],
];

describe("--reasoning-tags", () => {
  test.each(marks)("%j with %s: %j", (text, tag, visible) => {
    expect(visibleAnswer(text, [tag], "official")).toBe(visible);
    expect(visibleAnswer(text, reasoningTagNames, "official")).toBe(visible);
  });

  test.each(["B", " B \n", "", "a < b", "<b>B</b>", "[1, 2]", "think about it"])("leave %j as it is", (text) => {
    expect(visibleAnswer(text, reasoningTagNames, "official")).toBe(text);
  });

  test(
    "absent, official scoring sees the very bytes, and lmms-eval's what it strips itself",
    () => {
      fc.assert(
        fc.property(fc.string(), (text) => {
          expect(visibleAnswer(`<think>${text}</think> B `, [], "official")).toBe(`<think>${text}</think> B `);
        }),
        invented(),
      );
      expect(visibleAnswer("<think>a</think> B ", ["think", "analysis"], "lmms-eval")).toBe("B");
      expect(visibleAnswer("<think>a B ", ["think", "analysis"], "lmms-eval")).toBe("<think>a B");
    },
    inventedTimeout,
  );

  test.each(["B<|im_end|>", "B</s>", "B</s></s>\n", "B<|eot_id|>", "B<end_of_turn>\n", "B<|endoftext|>"])(
    "an end-of-turn mark is no part of an answer: %j",
    (text) => expect(visibleAnswer(text, [], "official")).toBe("B"),
  );

  test("are names that are known", () => {
    expect(reasoningTagsOf(["none"])).toEqual([]);
    expect(reasoningTagsOf(["all"])).toBe(reasoningTagNames);
    expect(reasoningTagsOf(["think", "box"])).toEqual(["think", "box"]);
    expect(() => reasoningTagsOf(["thinkin"])).toThrow(UserError);
  });
});

test("a judge's reply loses its thoughts, whatever their marks, and nothing else", () => {
  expect(withoutReasoning("<thinking>3 4</thinking>\n8 9")).toBe("8 9");
  expect(withoutReasoning("\n\n8 9 ")).toBe("\n\n8 9 ");
  expect(withoutReasoning("<think>8 9")).toBe("");
});
