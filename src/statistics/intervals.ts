/** 95 % (or other) confidence intervals. */

import { tQuantile } from "./beta.js";
import type { Moments } from "./moments.js";
import { normalQuantile } from "./normal.js";

export interface Interval {
  readonly interval: readonly [low: number, high: number];
  readonly stderr: number;
  readonly method: "wilson" | "t" | "clustered";
}

/** Wilson's score interval of a proportion; inside [0, 1] also for 0 or n successes. */
export function wilsonInterval(successes: number, n: number, level = 0.95): readonly [number, number] {
  const z = normalQuantile(0.5 + level / 2);
  const p = successes / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  // Exact ends: rounding must not print 1e-17 for a score of 0.
  return [successes === 0 ? 0 : centre - half, successes === n ? 1 : centre + half];
}

/** Centre ± t quantile * stderr with `df` degrees of freedom. */
export function tInterval(centre: number, stderr: number, df: number, level = 0.95): readonly [number, number] {
  const half = stderr === 0 ? 0 : tQuantile(0.5 + level / 2, df) * stderr;
  return [centre - half, centre + half];
}

/**
 * An interval cut at the ends of what the quantity can be: 101 % is no accuracy, and what is cut off covers nothing. One that
 * lies elsewhere altogether is left as it is: the range was not meant for it.
 */
export function within<T extends { readonly interval: readonly [low: number, high: number] }>(
  spread: T | undefined,
  [least, most]: readonly [low: number, high: number],
): T | undefined {
  if (spread === undefined) return undefined;
  const [low, high] = spread.interval;
  if (low > most || high < least) return spread;
  return { ...spread, interval: [Math.max(low, least), Math.min(high, most)] };
}

/** Clusters that all came to the same say nothing about how far the next one may lie from them. */
export const withWidth = (interval: readonly [low: number, high: number] | undefined) =>
  interval && interval[0] < interval[1] ? interval : undefined;

/**
 * The interval that fits the scores: clustered (t with clusters - 1 degrees of freedom) when some share a cluster, Wilson
 * for proportions, t otherwise. undefined below two scores or two clusters.
 */
export function intervalOf(moments: Moments, level = 0.95): Interval | undefined {
  const { n } = moments;
  if (n < 2) return undefined;
  if (moments.isClustered) {
    if (moments.clusterCount < 2) return undefined;
    const stderr = moments.clusteredStderr;
    return { interval: tInterval(moments.mean, stderr, moments.clusterCount - 1, level), stderr, method: "clustered" };
  }
  const { stderr } = moments;
  if (moments.isProportion) return { interval: wilsonInterval(moments.successes, n, level), stderr, method: "wilson" };
  return { interval: tInterval(moments.mean, stderr, n - 1, level), stderr, method: "t" };
}
