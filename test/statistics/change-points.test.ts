import { expect, test } from "vitest";
import { changePoints } from "../../src/statistics/change-points.js";
import { seededRandom } from "../../src/statistics/seeded-random.js";

const options = { alpha: 0.01, seed: 0 };

/** Nights of `n` answers, right with the probability of that night. */
function nights(seed: number, probability: (night: number) => number, count = 30, n = 256): number[] {
  const random = seededRandom("nights", seed);
  return Array.from({ length: count }, (_, night) => {
    let right = 0;
    for (let i = 0; i < n; i++) right += random.next() < probability(night) ? 1 : 0;
    return right / n;
  });
}

test("a planted change among 30 nights is found where it was planted, with the levels beside it", () => {
  const values = nights(1, (night) => (night < 18 ? 0.8 : 0.7));
  const [change, ...others] = changePoints(values, options);
  expect(others).toEqual([]);
  expect(change?.index).toBe(18);
  expect(change?.before).toBeCloseTo(0.8, 1);
  expect(change?.after).toBeCloseTo(0.7, 1);
});

test("thirty equal nights have none: in 4 of 200 series at most, as a level of 1 % allows", () => {
  const found = Array.from({ length: 200 }, (_, seed) =>
    changePoints(
      nights(seed, () => 0.8),
      { ...options, permutations: 299 },
    ),
  );
  expect(found.filter((changes) => changes.length > 0).length).toBeLessThanOrEqual(4);
});

test("a change of 10 points is found in nearly every series, within a night or two", () => {
  const found = Array.from({ length: 40 }, (_, seed) =>
    changePoints(
      nights(seed, (night) => (night < 12 ? 0.8 : 0.7)),
      { ...options, permutations: 299 },
    ),
  );
  const near = found.filter((changes) => changes.some(({ index }) => Math.abs(index - 12) <= 2));
  expect(near.length).toBeGreaterThanOrEqual(38);
});

test("two changes are told apart, each beside its own stretch", () => {
  const values = nights(3, (night) => (night < 10 ? 0.6 : night < 20 ? 0.8 : 0.65));
  const changes = changePoints(values, options);
  expect(changes.map(({ index }) => index)).toEqual([10, 20]);
  expect(changes[0]?.after).toBe(changes[1]?.before);
});

test("equal values, a single odd night and short series are no change", () => {
  expect(changePoints(Array(30).fill(0.1 + 0.2), options)).toEqual([]);
  expect(changePoints([...Array(29).fill(0.8), 0.2], options)).toEqual([]);
  for (const values of [[], [1], [0, 1], [0, 0, 1]]) expect(changePoints(values, options)).toEqual([]);
});

test("the same series gives the same answer", () => {
  const values = nights(5, (night) => (night < 15 ? 0.8 : 0.77));
  expect(changePoints(values, options)).toEqual(changePoints(values, options));
});
