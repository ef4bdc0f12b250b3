import { expect, test } from "vitest";
import { exactMatch, looseMatch } from "../../src/scorers/exact-match.js";

test("lower case keeps numpy's fixed width, as in lmms-eval: İ becomes two code points and the last one falls off", () => {
  expect(exactMatch("Şi\u0307şli\u0307", "ŞİŞLİ", looseMatch)).toBe(false);
  expect(exactMatch("İA", "İB", looseMatch)).toBe(true);
  expect(exactMatch("ISTANBUL", "istanbul", looseMatch)).toBe(true);
});
