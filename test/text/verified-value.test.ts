/** What math-verify 0.9.0 makes of these pairs, which were given to it: reference, answer, whether they are one. */

import { expect, test } from "vitest";
import { sameVerifiedValue } from "../../src/text/verified-value.js";

const pairs: readonly (readonly [string, string, boolean])[] = [
  ["12", "12 cm", true],
  ["12", "a = 12", true],
  ["12", "**12**", true],
  ["12", "$12", true],
  ["-1", "5-6", true],
  ["10", "$5$ of 10", true],
  ["12.5", "12,5", true],
  ["1234", "1 234", true],
  ["12", "\\boxed{12 cm}", true],
  ["12", "$12 cm$", true],
  ["1", "x+1", false],
  ["5", "~5", false],
  ["12", '"12"', false],
  ["3", "−3", false],
  ["5", "\\boxed{about 5}", false],
  ["12", "\\boxed{the answer is 12}", false],
  ["5", "\\boxed{5 million}", false],
  ["2", "\\boxed{2x}", false],
];

test.each(pairs)("%s and %s: %s", (reference, answer, same) => {
  expect(sameVerifiedValue(reference, answer)).toBe(same);
});
