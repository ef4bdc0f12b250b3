import { tTwoSided } from "../../../src/statistics/beta.js";
import { mean, meanStderr } from "../../../src/statistics/descriptive.js";
import { tInterval } from "../../../src/statistics/intervals.js";

export interface TTest {
  /** Mean of current - baseline. */
  readonly difference: number;
  readonly stderr: number;
  readonly interval: readonly [low: number, high: number];
  readonly t: number;
  /** Two-sided. */
  readonly p: number;
  readonly n: number;
}

/**
 * Student's paired t test of two runs on the same samples. All NaN below two pairs. Without any variance t is ±Infinity
 * and p 0 (no difference at all: t 0, p 1). RangeError when the lists differ in length.
 */
export function pairedTTest(current: readonly number[], baseline: readonly number[], level = 0.95): TTest {
  if (current.length !== baseline.length) throw new RangeError("the two runs differ in number of samples");
  const n = current.length;
  if (n < 2) {
    const none = Number.NaN;
    return { difference: none, stderr: none, interval: [none, none], t: none, p: none, n };
  }
  const differences = current.map((score, i) => score - (baseline[i] as number));
  const difference = mean(differences);
  const stderr = meanStderr(differences);
  const interval = tInterval(difference, stderr, n - 1, level);
  if (stderr === 0) {
    const t = difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
    return { difference, stderr, interval, t, p: difference === 0 ? 1 : 0, n };
  }
  const t = difference / stderr;
  return { difference, stderr, interval, t, p: tTwoSided(t, n - 1), n };
}
