import fc from "fast-check";
import { expect, test } from "vitest";
import { bootstrap } from "../../src/statistics/bootstrap.js";
import { clusteredMean } from "../../src/statistics/clustered-mean.js";
import { meanStderr } from "../../src/statistics/descriptive.js";
import { intervalOf, tInterval, wilsonInterval } from "../../src/statistics/intervals.js";
import { clusteredStderr, Moments } from "../../src/statistics/moments.js";
import { comparePairs } from "../../src/statistics/paired-comparison.js";
import { seededRandom } from "../../src/statistics/seeded-random.js";

const momentsOf = (values: readonly number[], clusters: readonly string[] = []) => {
  const moments = new Moments();
  values.forEach((value, i) => {
    moments.add(value, clusters[i]);
  });
  return moments;
};

test("Wilson's interval stays inside [0, 1] and is exact at its ends", () => {
  expect(wilsonInterval(0, 10)[0]).toBe(0);
  expect(wilsonInterval(10, 10)[1]).toBe(1);
  const [low, high] = wilsonInterval(40, 100);
  expect(low).toBeCloseTo(0.3094, 4); // Wilson 1927; R: prop.test(40, 100, correct = FALSE)
  expect(high).toBeCloseTo(0.498, 3);
});

test("proportions get Wilson's interval, other scores Student's, shared clusters a clustered one", () => {
  expect(intervalOf(momentsOf([1, 0, 1, 1]))?.method).toBe("wilson");
  expect(intervalOf(momentsOf([0.3, 0.9, 1]))?.method).toBe("t");
  expect(intervalOf(momentsOf([1, 0, 1, 1], ["a", "a", "b", "c"]))?.method).toBe("clustered");
  expect(intervalOf(momentsOf([1, 0, 1], ["a", "b", "c"]))?.method).toBe("wilson");
  expect(intervalOf(momentsOf([1]))).toBeUndefined();
  expect(intervalOf(momentsOf([1, 0], ["a", "a"]))).toBeUndefined();
});

test("copies of one sample say no more than the sample", () => {
  const once = [1, 0, 1, 1, 0, 1];
  const twice = [...once, ...once];
  const ids = ["a", "b", "c", "d", "e", "f"];
  const doubled = clusteredStderr(twice, [...ids, ...ids]);
  expect(doubled).toBeGreaterThan(meanStderr(twice) * 1.3);
  expect(doubled).toBeCloseTo(meanStderr(once), 1);
});

test("one clustered error everywhere: the variance between clusters times K / (K - 1), the ordinary one where each is alone", () => {
  const [scores, ids] = [
    [1, 0, 1, 1],
    ["a", "a", "b", "c"],
  ];
  // Sums of distances to 0.75: -0.5, 0.25, 0.25; sqrt(0.375 * 3 / 2) / 4, by hand.
  expect(clusteredStderr(scores, ids)).toBeCloseTo(0.1875, 12);
  const values = scores.map((value, i) => ({ value, cluster: ids[i] as string }));
  expect(clusteredMean(values)?.stderr).toBeCloseTo(0.1875, 12);
  const pairs = values.map(({ value, cluster }) => ({ a: 0, b: value, cluster }));
  expect(comparePairs(pairs, { alpha: 0.05, seed: 0 }).stderr).toBeCloseTo(0.1875, 12);
  expect(intervalOf(momentsOf(scores, ids))?.stderr).toBeCloseTo(0.1875, 12);
  expect(clusteredStderr(scores, ["a", "b", "c", "d"])).toBeCloseTo(meanStderr(scores), 12);
  expect(clusteredStderr(scores, ["a", "a", "a", "a"])).toBeNaN();
});

test("scores and clusters must be as many", () => {
  expect(() => clusteredStderr([1, 0], ["a"])).toThrow(RangeError);
});

test("running moments equal those of the list, for large constant scores too", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 50 }), (values) => {
      const shifted = momentsOf(values.map((value) => value + 1e8));
      expect(momentsOf(values).stderr).toBeCloseTo(meanStderr(values), 12);
      expect(shifted.stderr).toBeCloseTo(meanStderr(values), 7);
    }),
  );
});

test("no variance is an interval of one point", () => {
  expect(tInterval(0.5, 0, 9)).toEqual([0.5, 0.5]);
});

test("the bootstrap of a mean finds its standard error, and the same seed the same interval", () => {
  const random = seededRandom("values");
  const values = Array.from({ length: 400 }, () => random.next());
  const mean = (drawn: Uint32Array) =>
    values.reduce((sum, value, i) => sum + value * (drawn[i] as number), 0) / values.length;
  const first = bootstrap(values.length, mean, [7, "task", "metric"]);
  expect(first?.stderr).toBeCloseTo(meanStderr(values), 2);
  expect(bootstrap(values.length, mean, [7, "task", "metric"])).toEqual(first);
  expect(bootstrap(values.length, mean, [8, "task", "metric"])).not.toEqual(first);
  expect(bootstrap(1, mean, [7])).toBeUndefined();
});

test("a seeded generator depends on every word and its order, and fills its range evenly", () => {
  const first = (...words: (string | number)[]) => seededRandom(...words).next();
  const draws = [first(1, "a"), first("a", 1), first("1", "a"), first(1, "b"), first(12), first(1, 2)];
  expect(new Set(draws).size).toBe(draws.length);
  expect(first(1, "a")).toBe(draws[0]);
  const seen = seededRandom("even again");
  const tally = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const value = seen.below(10);
    tally[value] = (tally[value] as number) + 1;
  }
  // Chi-squared with 9 degrees of freedom: 27.9 is its 99.9 % point.
  expect(tally.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  expect(() => seen.below(0)).toThrow(RangeError);
});
