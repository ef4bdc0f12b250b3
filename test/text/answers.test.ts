import fc from "fast-check";
import { expect, test } from "vitest";
import { SampleFailure } from "../../src/core/errors.js";
import { parseListCell, parsePythonLiteral, parseStringList, writeStringList } from "../../src/core/python-literal.js";
import { binaryVerdict } from "../../src/text/judge-replies.js";
import { latexValue } from "../../src/text/latex-value.js";
import { parseChoice } from "../../src/text/mmmu-choice.js";
import { stripReasoning, taggedAnswer } from "../../src/text/reasoning-tags.js";
import { robustChoice } from "../../src/text/robust-choice.js";
import { blinkChoice } from "../../tasks/blink/choice.js";
import { mathVisionEqual } from "../../tasks/mathvision/answer.js";
import { parseProChoice } from "../../tasks/mmmu/score.js";
import { vstarQuestion } from "../../tasks/vstar_bench/letter.js";

const options = ["first option", "second", "third", "fourth"];

// The behaviour table of the specification, computed with the original code.
test.each([
  ["A", "A"],
  ["(B)", "B"],
  ["B.", "B"],
  ["The answer is C", "C"],
  ["Between A and B, B is best", "B"],
  ["I would say the first option fits best here ok", "A"],
  ["Answer: D", "D"],
  ["(A) or (C)", "C"],
  ["banana", undefined],
  ["CAT", undefined],
  ["A, because", undefined],
])("MMMU in lmms-eval reads %j as %s", (answer, letter) => {
  expect(parseChoice("lmms", answer, options)).toBe(letter);
});

test("MMMU's own script wants blanks around a letter, lmms-eval only one after it", () => {
  expect(parseChoice("lmms", "NASA is right", options)).toBe("A");
  expect(parseChoice("official", "NASA is right", options)).toBeUndefined();
});

test("MMMU-Pro looks behind the last Answer: first", () => {
  expect(parseProChoice("A and B. Answer: C", options)).toBe("C");
  expect(parseProChoice("Answer: A or B", options)).toBe("B"); // two letters: the last one written
});

test.each([
  ["I think the answer is A because B is wrong", "B"],
  ["A cat sits", "A"],
  ["a", ""],
  ["The answer is (C) and not (A)", "A"], // behind a phrase any later capital wins
  ["None of these", ""],
])("the robust extractor reads %j as %j", (answer, letter) => {
  expect(robustChoice(answer, ["A", "B", "C", "D"]).letter).toBe(letter);
});

test("BLINK takes a choice that is named once, anywhere or in the last paragraph", () => {
  expect(blinkChoice("B", ["A", "B"])).toBe("(B)");
  expect(blinkChoice("It is (A) of course", ["A", "B"])).toBe("(A)");
  expect(blinkChoice("(A) or (B) ?\n\nI say (B) now", ["A", "B"])).toBe("(B)");
  expect(blinkChoice("(A) or (B) ?", ["A", "B"])).toBeUndefined();
});

test("V*Bench's options are taken out of the question", () => {
  expect(vstarQuestion("Which? (A) one (B) two")).toEqual({ question: "Which?", options: ["one", "two"] });
  expect(vstarQuestion("Which?")).toEqual({ question: "Which?", options: [] });
});

test.each([
  ["\\frac{1}{2}", 0.5],
  ["2\\sqrt{9}", 6],
  ["3\\pi", 3 * Math.PI],
  ["(1+2)^2", 9],
  ["8:5", 1.6],
  ["50\\%", 0.5],
  ["1,000.5", 1000.5],
  ["\\frac{3^{1008}-1}{3^{1009}}", 1 / 3],
  ["-2^2", -4],
])("the value of %s is %d", (text, value) => {
  expect(latexValue(text)).toBeCloseTo(value, 10);
});

test.each(["x", "\\alpha", "", "1+", "{", "2^", "\\frac{1}", "1/0"])("%j has no value", (text) => {
  expect(latexValue(text)).toBeUndefined();
});

test("equal fractions are equal answers, and a value equals its letter's option", () => {
  expect(mathVisionEqual("$\\frac{10}{2}$", "5")).toBe(true);
  expect(mathVisionEqual("(2,3)", "(4/2,3)")).toBe(true);
  expect(mathVisionEqual("A", "b")).toBe(false);
});

test("a Python list is read as Python reads it", () => {
  expect(parseStringList(`['a', "it's", 'x\\'y', '\\u00e9\\n', r'no']`.replace(", r'no'", ""))).toEqual([
    "a",
    "it's",
    "x'y",
    "é\n",
  ]);
  expect(parseStringList("'one'")).toEqual(["one"]);
  expect(parsePythonLiteral("(1, -2.5, None, True)")).toEqual([1, -2.5, null, true]);
  expect(() => parsePythonLiteral("['a'")).toThrow(RangeError);
  expect(() => parsePythonLiteral("__import__('os')")).toThrow(RangeError);
});

test("a list cell is also read as numpy and JSON print it, with numbers as they are written", () => {
  const forms: readonly [string, readonly string[]][] = [
    ["['Red' 'Blue'\n 'Green']", ["Red", "Blue", "Green"]],
    ["array(['a', \"it's\"], dtype=object)", ["a", "it's"]],
    ["[1.50 2.]", ["1.50", "2."]],
    ["[1, 2.0, None, True]", ["1", "2.0", "None", "True"]],
    ['["a\\/b", null]', ["a/b", "None"]],
    ["('a',)", ["a"]],
    // Commas and gaps together are no numpy: Python joins strings that stand beside each other.
    ["['a', 'b' 'c']", ["a", "bc"]],
  ];
  for (const [text, items] of forms) expect([text, parseStringList(text)]).toEqual([text, items]);
  expect(parseListCell("[{'answer': 'net', 'answer_id': 1}]", false)).toEqual([{ answer: "net", answer_id: 1 }]);
  expect(parseStringList(writeStringList(["a", 'q"', "\\", "é\n"]))).toEqual(["a", 'q"', "\\", "é\n"]);
  for (const text of ["['a' 'b', 'c'", "[a]", "{'a' 1}", "array([1)", "['a',, 'b']"])
    expect(() => parseStringList(text), text).toThrow(SampleFailure);
});

test("any list of strings survives being written as a Python literal", () => {
  const written = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (items) => {
      expect(parseStringList(`[${items.map(written).join(", ")}]`)).toEqual(items);
    }),
  );
});

test("reasoning is removed as by repeated search from the start", () => {
  const naive = (text: string): string => {
    let rest = text;
    const [open, close] = ["<think>", "</think>"];
    while (rest.includes(open) && rest.includes(close)) {
      const start = rest.indexOf(open);
      const end = rest.indexOf(close, start);
      if (end < 0) break;
      rest = rest.slice(0, start) + rest.slice(end + close.length);
    }
    if (rest.includes(close) && !rest.includes(open)) rest = rest.slice(rest.lastIndexOf(close) + close.length);
    return rest.trim();
  };
  const pieces = fc.constantFrom("<think>", "</think>", "<th", "ink>", "a", "</", "think>");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      expect(stripReasoning(text, [["<think>", "</think>"]])).toBe(naive(text));
    }),
    { numRuns: 2000 },
  );
});

test("a strict 0/1 verdict is the digit alone", () => {
  const read = (reply: string) => binaryVerdict(reply, "official");
  expect(["1", " 0\n", "**1**", "[0]", "1."].map(read)).toEqual([1, 0, 1, 0, 1]);
  expect(["10", "0 (see step 1)", "yes", ""].map(read)).toEqual([undefined, undefined, undefined, undefined]);
});

test("a cell that holds no list fails its own sample", () => {
  expect(() => parseStringList("['a'")).toThrow(SampleFailure);
});

test("what stands in answer tags is the answer, thoughts aside", () => {
  expect(taggedAnswer("<think>A?</think> so <answer> B </answer>.")).toBe("B");
  expect(taggedAnswer("no tags")).toBe("no tags");
  expect(taggedAnswer("<answer>never closed")).toBe("<answer>never closed");
});
