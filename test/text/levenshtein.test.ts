import fc from "fast-check";
import { expect, test } from "vitest";
import { levenshtein } from "../../src/text/levenshtein.js";
import { length } from "../../src/text/python-strings.js";

test("the distance counts code points: an emoji is one edit", () => {
  expect(levenshtein("kitten", "sitting")).toBe(3);
  expect(levenshtein("😀", "")).toBe(1);
  expect(levenshtein("a😀b", "ab")).toBe(1);
});

test("it is a metric, and never more than the longer text", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 12 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      const distance = levenshtein(a, b);
      expect(levenshtein(b, a)).toBe(distance);
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(length(a), length(b)));
      expect(levenshtein(a, c)).toBeLessThanOrEqual(distance + levenshtein(b, c));
    }),
  );
});
