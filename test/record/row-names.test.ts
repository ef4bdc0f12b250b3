import { expect, test } from "vitest";
import { RowNames } from "../../src/record/keys.js";

test("rows of one id are told apart in row order, and again when they are asked about again", () => {
  const names = new RowNames();
  const rows = [
    ["a", 0, 1],
    ["b", 1, 1],
    ["a", 2, 2],
    ["a", 5, 3],
    ["b", 6, 2],
  ] as const;
  for (let time = 0; time < 2; time++) {
    for (const [id, index, nth] of rows) expect(names.nth(id, index), `${id} at ${index}`).toBe(nth);
    expect(names.repeated).toBe(3);
  }
});

// A column that names no row, such as a category: with a list for each id the hundred thousandth row waited for all before it.
test("a hundred thousand rows of one id cost a moment", () => {
  const names = new RowNames();
  for (let index = 0; index < 100_000; index++) names.nth("chart", index);
  expect(names.nth("chart", 99_999)).toBe(100_000);
  expect(names.repeated).toBe(99_999);
}, 10_000);
