import { expect, test } from "vitest";
import { falseDiscovery } from "../../src/statistics/false-discovery.js";

test("of the fifteen p-values of Benjamini's and Hochberg's paper the four smallest are named at 5 %, as there", () => {
  const p = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  const q = falseDiscovery(p);
  expect(q.filter((value) => value < 0.05)).toHaveLength(4);
  expect(q[3]).toBeCloseTo((0.0095 * 15) / 4, 12);
  expect(q.at(-1)).toBe(1);
});

test("the order given is kept, and a smaller p never has a larger q", () => {
  const p = [0.04, 0.001, 0.03, 0.5];
  expect(falseDiscovery(p).map((value) => Number(value.toFixed(6)))).toEqual([0.053333, 0.004, 0.053333, 0.5]);
  expect(falseDiscovery([])).toEqual([]);
});
