import stdlibBeta from "@stdlib/stats-base-dists-beta-quantile";
import stdlibNormal from "@stdlib/stats-base-dists-normal-quantile";
import stdlibT from "@stdlib/stats-base-dists-t-quantile";
import { expect, test } from "vitest";
import { betaCdf, betaQuantile, tQuantile, tTwoSided } from "../../src/statistics/beta.js";
import { normalCdf, normalQuantile } from "../../src/statistics/normal.js";

const levels = [0.001, 0.025, 0.2, 0.5, 0.9, 0.975, 0.995];

test("the normal quantile has all digits, in the tail too", () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.9599639845400536, 14);
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12);
  for (const p of levels) expect(normalQuantile(p)).toBeCloseTo(stdlibNormal(p, 0, 1), 9);
  expect([normalQuantile(0), normalQuantile(1), normalQuantile(2)]).toEqual([-Infinity, Infinity, Number.NaN]);
});

test("the normal distribution function undoes the quantile", () => {
  for (const p of levels) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 13);
});

test("Student's t agrees with @stdlib and with its own two-sided tail", () => {
  expect(tQuantile(0.975, 5)).toBeCloseTo(2.570581835636314, 12);
  for (const df of [1, 2, 5, 30, 999, 200_000])
    for (const p of levels) {
      const t = tQuantile(p, df);
      expect(t).toBeCloseTo(stdlibT(p, df), 7);
      expect(tTwoSided(t, df)).toBeCloseTo(2 * Math.min(p, 1 - p), 10);
    }
});

test("the beta quantile agrees with @stdlib, and with 10,000 draws' worth of parameters", () => {
  expect(betaQuantile(0.025, 9000, 1000)).toBeCloseTo(0.8940451236407845, 10);
  for (const [a, b] of [
    [0.5, 0.5],
    [1, 3],
    [20, 4],
    [900, 100],
  ] as const)
    for (const p of levels) {
      expect(betaQuantile(p, a, b)).toBeCloseTo(stdlibBeta(p, a, b), 8);
      expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 10);
    }
});
