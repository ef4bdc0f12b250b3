import fc from "fast-check";
import { expect, test } from "vitest";
import { holm } from "../../src/statistics/holm.js";
import { mcnemarExact } from "../../src/statistics/paired-mcnemar.js";
import { designEffect, detectableDifference, samplesForDifference } from "../../src/statistics/paired-mcnemar-power.js";
import { signFlipTest } from "../../src/statistics/paired-permutation.js";
import { passAtK } from "../../src/statistics/pass-at-k.js";

test("mcnemarExact is the two-sided binomial tail", () => {
  expect(mcnemarExact(0, 0)).toBe(1);
  expect(mcnemarExact(5, 5)).toBe(1);
  expect(mcnemarExact(6, 0)).toBeCloseTo(2 / 64, 14);
  expect(mcnemarExact(10, 2)).toBeCloseTo(158 / 4096, 14); // 2 (1 + 12 + 66) / 2^12
  expect(mcnemarExact(2, 10)).toBe(mcnemarExact(10, 2));
  expect(mcnemarExact(20_000, 20_600)).toBeCloseTo(0.002950631079514671, 9); // exact rational arithmetic
});

test("signFlipTest enumerates few clusters exactly, and sampled p-values agree with McNemar's on equal steps", () => {
  expect(signFlipTest([1, 1, 1, 1, 1, 1], 0)).toBe(2 / 64);
  expect(signFlipTest([0, 0, 0], 0)).toBe(1);
  expect(signFlipTest([0.1, 0.2, -0.3], 0)).toBe(1); // 0.1 + 0.2 - 0.3 is not 0 in floats, but every pattern ties it
  const steps = [...Array(30).fill(1), ...Array(14).fill(-1)];
  expect(Math.abs(signFlipTest(steps, 3) - mcnemarExact(30, 14))).toBeLessThan(0.006);
});

test("holm multiplies the smallest by the family's size and never lets an adjusted p decrease", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([])).toEqual([]);
  expect(holm([0.6, 0.9])).toEqual([1, 1]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (ps) => {
      const adjusted = holm(ps);
      ps.forEach((p, i) => {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
      });
    }),
  );
});

test("passAtK is 1 - C(n - c, k) / C(n, k)", () => {
  expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 14);
  expect(passAtK(10, 3, 2)).toBeCloseTo(1 - 21 / 45, 14);
  expect(passAtK(10, 0, 5)).toBe(0);
  expect(passAtK(4, 1, 4)).toBe(1);
  expect(passAtK(1000, 5, 100)).toBeCloseTo(0.4101678183104101, 12);
  expect(() => passAtK(3, 1, 4)).toThrow(RangeError);
});

test("samplesForDifference follows Connor, and detectableDifference is its inverse", () => {
  const design = { discordance: 0.2, alpha: 0.05, power: 0.8 };
  expect(samplesForDifference(0.05, design)).toBe(626); // (1.95996 sqrt(.2) + .84162 sqrt(.1975))^2 / .0025 = 625.4
  expect(detectableDifference(626, design)).toBeCloseTo(0.05, 3);
  expect(samplesForDifference(0.05, { ...design, designEffect: 4 })).toBe(2503);
  expect(detectableDifference(3, design)).toBeUndefined();
});

test("designEffect is 1 for independent samples and the cluster size for equal copies", () => {
  const values = Array.from({ length: 400 }, (_, i) => ({ value: (i % 100) % 2, cluster: `c${i % 100}` }));
  expect(designEffect(values)).toBeCloseTo(4, 0);
  expect(designEffect(values.map((entry, i) => ({ ...entry, cluster: `q${i}` })))).toBeCloseTo(1, 10);
});
