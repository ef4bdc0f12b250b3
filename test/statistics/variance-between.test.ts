import { describe, expect, test } from "vitest";
import { comparePairs } from "../../src/statistics/paired-comparison.js";
import { type SeededRandom, seededRandom } from "../../src/statistics/seeded-random.js";
import { type ItemUnderWays, noncentralF, varianceBetween } from "../../src/statistics/variance-between.js";

/** Right or wrong items in clusters, a way's chance moved by `shift[w]`; what is right by one way is likelier right by another. */
function drawn(random: SeededRandom, shifts: readonly number[], clusters: number, size: number): ItemUnderWays[] {
  return Array.from({ length: clusters }, (_, k) => {
    const level = 0.3 * (random.next() - 0.5);
    return Array.from({ length: size }, (): ItemUnderWays => {
      const own = random.next();
      const values = shifts.map((shift) => ((random.next() < 0.6 ? own : random.next()) < 0.6 + level + shift ? 1 : 0));
      return { values, cluster: `c${k}` };
    });
  }).flat();
}

/** What `deviation` estimates. */
function truth(shifts: readonly number[]): number {
  const middle = shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length;
  return Math.sqrt(shifts.reduce((sum, shift) => sum + (shift - middle) ** 2, 0) / (shifts.length - 1));
}

test("of two ways it is the difference, and its interval that of the difference", () => {
  const items = drawn(seededRandom("two"), [0, 0.2], 60, 5);
  const found = varianceBetween(items);
  const pairs = items.map(({ values: [a = 0, b = 0], cluster }) => ({ a, b, cluster }));
  const { delta, stderr, interval } = comparePairs(pairs, { alpha: 0.05, seed: 0 });
  expect(found?.deviation).toBeCloseTo(Math.sqrt((delta ** 2 - stderr ** 2) / 2), 12);
  // The noncentral F allows for the error of the error once more: a little wider than the t interval, over the square root of 2.
  for (const [i, end] of interval.entries())
    expect(Math.abs((found?.interval?.[i] ?? 0) - end / Math.SQRT2)).toBeLessThan(0.01);
});

test("ways that say the same have no variance between them, and nothing to tell it from", () => {
  const items = drawn(seededRandom("one"), [0], 20, 3).map(({ values: [value = 0], cluster }) => ({
    values: [value, value, value],
    cluster,
  }));
  expect(varianceBetween(items)).toMatchObject({ deviation: 0, n: 60, clusters: 20 });
  expect(varianceBetween(items)?.interval).toBeUndefined();
  expect(varianceBetween(items.slice(0, 3))).toBeUndefined();
});

test("the noncentral F distribution: central, its ends, and that it moves up", () => {
  // P(F <= 4) with 1 and 10 degrees of freedom is P(|T| <= 2); what is not central lies higher.
  expect(noncentralF(4, [1, 10], 0)).toBeCloseTo(0.926611965, 8);
  expect(noncentralF(4, [1, 10], 0)).toBeGreaterThan(noncentralF(4, [1, 10], 2));
  expect(noncentralF(1e-9, [3, 40], 5)).toBeCloseTo(0, 6);
  expect(noncentralF(1e4, [3, 40], 500)).toBeCloseTo(1, 6);
});

describe("the interval holds the true variance between ways in about 95 of 100 cases", () => {
  const rounds = 400;
  test.each([
    [[0, 0.1], 60, 5],
    [[0, 0.3], 200, 1],
    [[0, 0.05, 0.1], 100, 3],
    [[0, 0, 0.15, 0.05], 60, 5],
    [[-0.1, 0, 0, 0, 0.1], 300, 1],
  ])("ways moved by %j, %i clusters of %i", (shifts, clusters, size) => {
    const random = seededRandom("coverage", shifts.join(), clusters, size);
    let covered = 0;
    let sum = 0;
    for (let i = 0; i < rounds; i++) {
      const found = varianceBetween(drawn(random, shifts, clusters, size));
      const [low, high] = found?.interval ?? [Number.NaN, Number.NaN];
      if (low <= truth(shifts) && truth(shifts) <= high) covered++;
      sum += (found?.deviation ?? 0) ** 2;
    }
    // A share of 95 % of 400 has a standard error of 1.1 points: two and a half of them.
    expect(covered / rounds).toBeGreaterThan(0.922);
    expect(covered / rounds).toBeLessThan(0.978);
    expect(Math.sqrt(sum / rounds)).toBeCloseTo(truth(shifts), 1);
  });
});
