/**
 * Paired inference for a metric of the whole split (F1, acc+, corpus CIDEr), which is no mean of per-sample values: only
 * `evaluate` on subsets or mixtures of the two runs is known. Units are clusters.
 */
import { tQuantile } from "./beta.js";
import type { PairedOptions } from "./paired-comparison.js";
import { seededRandom } from "./seeded-random.js";

export interface WholeSplit {
  readonly clusters: number;
  /**
   * The metric of both sides over the clusters with `include[i] = 1`; where `swap[i] = 1` the two runs' samples change places.
   * undefined where the metric has no value on this selection.
   */
  evaluate(include: Uint8Array, swap: Uint8Array): Promise<{ a: number; b: number } | undefined>;
}

export interface WholeSplitComparison {
  readonly delta: number;
  readonly stderr: number;
  readonly interval: readonly [low: number, high: number];
  readonly p: number;
}

/** @param replicates for the interval and for the test, each; 1,000 gives p = 0.05 to 0.007 */
export async function compareWholeSplit(
  split: WholeSplit,
  options: PairedOptions & { readonly replicates: number },
): Promise<WholeSplitComparison | undefined> {
  const all = new Uint8Array(split.clusters).fill(1);
  const none = new Uint8Array(split.clusters);
  const observed = await split.evaluate(all, none);
  if (!observed) return undefined;
  const delta = observed.b - observed.a;
  const stderr = await halfSampleStderr(split, none, options);
  const half = tQuantile(1 - options.alpha / 2, Math.max(1, split.clusters - 1)) * stderr;
  return { delta, stderr, interval: [delta - half, delta + half], p: await swapTest(split, all, delta, options) };
}

/**
 * The resampling error from random halves of the clusters, without replacement. A half-sample's variance around the full
 * estimate equals the estimate's own (finite population factor 1 - 1/2 against half the size), as a bootstrap's does, and no
 * cluster appears twice: metrics that join samples by id or group (acc+, circular evaluation) stay meaningful.
 * Wolter, Introduction to Variance Estimation (2007), chapter 3.
 */
async function halfSampleStderr(
  split: WholeSplit,
  none: Uint8Array,
  { seed, replicates }: { seed: number; replicates: number },
): Promise<number> {
  if (split.clusters < 2) return Number.POSITIVE_INFINITY;
  const random = seededRandom("half-sample", seed);
  const order = Array.from({ length: split.clusters }, (_, i) => i);
  const deltas: number[] = [];
  for (let round = 0; round < replicates; round++) {
    const include = new Uint8Array(split.clusters);
    const size = Math.floor((split.clusters + (round % 2)) / 2);
    for (let i = 0; i < size; i++) {
      const other = i + random.below(split.clusters - i);
      [order[i], order[other]] = [order[other] as number, order[i] as number];
      include[order[i] as number] = 1;
    }
    const value = await split.evaluate(include, none);
    if (value) deltas.push(value.b - value.a);
  }
  const centre = deltas.reduce((sum, value) => sum + value, 0) / deltas.length;
  return Math.sqrt(deltas.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (deltas.length - 1));
}

/** Approximate randomisation (Noreen 1989): the runs change places in a random set of clusters; two-sided, never 0. */
async function swapTest(
  split: WholeSplit,
  all: Uint8Array,
  delta: number,
  { seed, replicates }: { seed: number; replicates: number },
): Promise<number> {
  const random = seededRandom("swap", seed);
  const threshold = Math.abs(delta) * (1 - 1e-9);
  let extreme = 1;
  let rounds = 1;
  for (let round = 1; round < replicates; round++) {
    const swap = Uint8Array.from({ length: split.clusters }, () => random.below(2));
    const value = await split.evaluate(all, swap);
    if (!value) continue;
    rounds++;
    if (Math.abs(value.b - value.a) >= threshold) extreme++;
  }
  return extreme / rounds;
}
