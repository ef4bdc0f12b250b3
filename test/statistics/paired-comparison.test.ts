import { expect, test } from "vitest";
import { comparePairs, type Pair } from "../../src/statistics/paired-comparison.js";

const options = { alpha: 0.05, seed: 1 };

/** `gained` wrong → right, `lost` right → wrong, the rest unchanged. */
function flips(n: number, gained: number, lost: number): Pair[] {
  return Array.from({ length: n }, (_, i) => {
    const cluster = `c${i}`;
    if (i < gained) return { a: 0, b: 1, cluster };
    if (i < gained + lost) return { a: 1, b: 0, cluster };
    return { a: i % 2, b: i % 2, cluster };
  });
}

test("right-or-wrong scores of independent samples are compared with McNemar's exact test and Bonett and Price's interval", () => {
  const { delta, interval, p, test: method, n } = comparePairs(flips(200, 4, 16), options);
  expect(method).toBe("mcnemar-exact");
  expect(n).toBe(200);
  expect(delta).toBeCloseTo(-0.06, 12);
  expect(p).toBeCloseTo(0.011817932128906, 12); // 2 P(X <= 4), X ~ Binomial(20, 1/2)
  // ((5 - 17) ± 1.959964 sqrt(5 + 17 - 12^2 / 202)) / 202, computed apart
  expect(interval[0]).toBeCloseTo(-0.10417265948998211, 12);
  expect(interval[1]).toBeCloseTo(-0.014639221698136716, 12);
});

test("samples that share an image are compared by cluster, with a wider interval than if they were independent", () => {
  const clustered = Array.from({ length: 200 }, (_, i) => ({ a: 1, b: i % 50 < 5 ? 0 : 1, cluster: `image${i % 50}` }));
  const independent = clustered.map((pair, i) => ({ ...pair, cluster: `q${i}` }));
  const wide = comparePairs(clustered, options);
  const narrow = comparePairs(independent, options);
  expect(wide).toMatchObject({ test: "paired-permutation", clusters: 50, n: 200 });
  expect(wide.delta).toBeCloseTo(narrow.delta, 12);
  expect(wide.stderr).toBeGreaterThan(1.9 * narrow.stderr); // four equal copies: twice the standard error
  expect(wide.p).toBe(2 / 2 ** 5); // five clusters moved, all one way: the exact two-sided p
  expect(narrow.p).toBeLessThan(1e-5);
});

test("scores between 0 and 1 are compared by permutation, the same for the same seed", () => {
  const pairs = Array.from({ length: 60 }, (_, i) => ({ a: 0.5, b: 0.5 + ((i % 7) - 2) / 10, cluster: `c${i}` }));
  const first = comparePairs(pairs, options);
  expect(first.test).toBe("paired-permutation");
  expect(comparePairs(pairs, options)).toEqual(first);
  expect(first.p).toBeLessThan(0.01);
  expect(first.p).toBeGreaterThan(0);
});

test("equal scores give p = 1, and an interval that still says how little few samples show", () => {
  const few = comparePairs(flips(20, 0, 0), options);
  expect(few.p).toBe(1);
  expect(few.delta).toBe(0);
  expect(few.interval[0]).toBeLessThan(-0.05);
  expect(comparePairs(flips(5000, 0, 0), options).interval[0]).toBeGreaterThan(-0.001);
});

test("the smallest visible effect is six one-way changes even where nothing varies, and none below six samples", () => {
  expect(comparePairs(flips(100, 0, 0), options).smallestEffect).toBeCloseTo(0.06, 12);
  expect(comparePairs(flips(5, 0, 0), options).smallestEffect).toBeUndefined();
  const { smallestEffect, stderr } = comparePairs(flips(1000, 100, 100), options);
  expect(smallestEffect).toBeCloseTo(2.801585 * stderr, 5); // (1.959964 + 0.841621) standard errors
});

test("a single cluster shows nothing", () => {
  const pairs = [1, 2, 3].map(() => ({ a: 1, b: 0, cluster: "only" }));
  const result = comparePairs(pairs, options);
  expect(result.p).toBe(1);
  expect(result.interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  expect(result.smallestEffect).toBeUndefined();
});
