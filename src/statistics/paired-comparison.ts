/**
 * Two systems on the same samples: the difference of their means with an interval, a p-value and the smallest effect that
 * this many samples can show. Differences are B - A. Samples of one cluster (one image) are never treated as independent.
 */
import { tInterval } from "./intervals.js";
import { Moments } from "./moments.js";
import { normalQuantile } from "./normal.js";
import { mcnemarExact } from "./paired-mcnemar.js";
import { signFlipTest } from "./paired-permutation.js";

export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly cluster: string;
}

export interface PairedOptions {
  /** Two-sided level of the test and of the interval, in (0, 1). */
  readonly alpha: number;
  /** Seeds the permutations. */
  readonly seed: number;
}

export interface PairedComparison {
  readonly n: number;
  readonly clusters: number;
  readonly meanA: number;
  readonly meanB: number;
  /** meanB - meanA. */
  readonly delta: number;
  readonly stderr: number;
  /** Level 1 - alpha. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided, of "no difference". */
  readonly p: number;
  readonly test: "mcnemar-exact" | "paired-permutation";
  /** The smallest |delta| seen with 80 % power at this alpha, given the variance observed; undefined when no effect can be. */
  readonly smallestEffect: number | undefined;
}

/** The usual power of a design; with it, "could not be seen" means missed more often than one time in five. */
export const power = 0.8;

/** @param pairs at least one; values of both systems by the same rule and in the same unit */
export function comparePairs(pairs: readonly Pair[], options: PairedOptions): PairedComparison {
  if (pairs.length === 0) throw new RangeError("no pairs to compare");
  const [before, after, differences] = [new Moments(), new Moments(), new Moments()];
  for (const { a, b, cluster } of pairs) {
    before.add(a);
    after.add(b);
    differences.add(b - a, cluster);
  }
  const { n, mean: delta, clusterCount: clusters } = differences;
  const sums = [...clusterSums(pairs).values()];
  const gained = pairs.filter(({ a, b }) => b > a).length;
  const lost = pairs.filter(({ a, b }) => b < a).length;
  const stderr = clusters < 2 ? Number.POSITIVE_INFINITY : differences.clusteredStderr;
  const binary = !differences.isClustered && before.isProportion && after.isProportion;
  return {
    n,
    clusters,
    meanA: before.mean,
    meanB: after.mean,
    delta,
    stderr,
    interval: binary
      ? bonettPrice(gained, lost, n, options.alpha)
      : clusteredInterval(delta, stderr, clusters, options.alpha),
    p: binary ? mcnemarExact(gained, lost) : signFlipTest(sums, options.seed),
    test: binary ? "mcnemar-exact" : "paired-permutation",
    smallestEffect: smallestEffect(stderr, clusters, rangeOf(pairs), options.alpha),
  };
}

/**
 * The smallest |delta| that would be called significant with 80 % power. Below some size no design can show an effect: with k
 * clusters that all change one way the exact two-sided p is 2^(1-k), so k must reach log2(2 / alpha).
 *
 * @param stderr of the difference of means @param clusters independent units @param range of one value
 */
export function smallestEffect(stderr: number, clusters: number, range: number, alpha: number): number | undefined {
  const changesNeeded = Math.floor(Math.log2(2 / alpha)) + 1;
  if (clusters < changesNeeded) return undefined;
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return Math.max(z * stderr, (changesNeeded / clusters) * range);
}

function clusterSums(pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { a, b, cluster } of pairs) sums.set(cluster, (sums.get(cluster) ?? 0) + b - a);
  return sums;
}

/**
 * Interval for a difference of paired proportions: Wald with one pseudo-change added each way. Close to its level down to ten
 * pairs, where plain Wald is far too short. Bonett and Price 2012, J. Educ. Behav. Stat. 37(4), equation 6.
 */
function bonettPrice(gained: number, lost: number, n: number, alpha: number): readonly [number, number] {
  const up = (gained + 1) / (n + 2);
  const down = (lost + 1) / (n + 2);
  const stderr = Math.sqrt((up + down - (up - down) ** 2) / (n + 2));
  const z = normalQuantile(1 - alpha / 2);
  return [Math.max(-1, up - down - z * stderr), Math.min(1, up - down + z * stderr)];
}

function clusteredInterval(delta: number, stderr: number, clusters: number, alpha: number): readonly [number, number] {
  if (clusters < 2) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return tInterval(delta, stderr, clusters - 1, 1 - alpha);
}

/** Scores in [0, 1] have range 1 however few of them were seen. */
function rangeOf(pairs: readonly Pair[]): number {
  let low = 0;
  let high = 1;
  for (const { a, b } of pairs) {
    low = Math.min(low, a, b);
    high = Math.max(high, a, b);
  }
  return high - low;
}
