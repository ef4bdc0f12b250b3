import { expect, test } from "vitest";
import { agreementOf } from "../../src/statistics/agreement.js";

test("kappa of the textbook table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no is 0.4", () => {
  const pairs = [
    ...Array(20).fill(["yes", "yes"]),
    ...Array(5).fill(["yes", "no"]),
    ...Array(10).fill(["no", "yes"]),
    ...Array(15).fill(["no", "no"]),
  ] as ["yes" | "no", "yes" | "no"][];
  expect(agreementOf(pairs)).toEqual({ n: 50, agreement: 0.7, kappa: expect.closeTo(0.4, 12) });
});

test("kappa is 1 for equal raters, 0 at chance, and undefined when both always say the same", () => {
  expect(
    agreementOf([
      [1, 1],
      [0, 0],
    ]).kappa,
  ).toBe(1);
  expect(
    agreementOf([
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ]).kappa,
  ).toBe(0);
  expect(
    agreementOf([
      [1, 1],
      [1, 1],
    ]),
  ).toEqual({ n: 2, agreement: 1, kappa: null });
  expect(agreementOf([])).toEqual({ n: 0, agreement: null, kappa: null });
});
