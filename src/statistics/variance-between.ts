/**
 * How much the way of asking matters, beside the questions: the variance between the means of several ways (prompts), when every item was
 * scored under each of them. What the same items say twice is no noise: the ways' differences are compared with the error of those
 * differences alone, clustered by image (a mixed model's method of moments; Satterthwaite's and Box's approximations for its quadratic form).
 */
import { betaCdf, logGamma } from "./beta.js";

export interface ItemUnderWays {
  /** One value for each way, in the ways' order. */
  readonly values: readonly number[];
  readonly cluster: string;
}

export interface VarianceBetween {
  readonly means: readonly number[];
  readonly n: number;
  readonly clusters: number;
  /** Standard deviation of the ways' true means (divided by ways - 1), without what the items' differences add to it by chance; 0 at least. */
  readonly deviation: number;
  /** Absent where no two clusters differ in how the ways differ: nothing tells how far the means may lie from the truth. */
  readonly interval?: readonly [low: number, high: number];
  /** Standard error of one way's mean from the sampling of items, clustered: the mean over ways. */
  readonly sampling: number;
}

/** @returns undefined below two ways or two clusters */
export function varianceBetween(items: readonly ItemUnderWays[], level = 0.95): VarianceBetween | undefined {
  const ways = items[0]?.values.length ?? 0;
  const n = items.length;
  const means = Array.from({ length: ways }, (_, w) => items.reduce((sum, { values }) => sum + at(values, w), 0) / n);
  const own = sumsByCluster(items, ({ values }) => values.map((value, w) => value - at(means, w)));
  const clusters = own.length;
  if (ways < 2 || clusters < 2) return undefined;
  const middle = means.reduce((sum, mean) => sum + mean, 0) / ways;
  const observed = means.reduce((sum, mean) => sum + (mean - middle) ** 2, 0);
  const factor = clusters / (clusters - 1) / n ** 2;
  // Of the ways' means: the sampling error of each, and of how they lie to each other.
  const sampling = Math.sqrt((factor * total(own.flat().map((sum) => sum * sum))) / ways);
  const centred = own.map((sums) => {
    const shared = total(sums) / ways;
    return sums.map((sum) => sum - shared);
  });
  const noise = factor * total(centred.flat().map((sum) => sum * sum));
  const deviation = Math.sqrt(Math.max(0, observed - noise) / (ways - 1));
  const facts = { means, n, clusters, deviation, sampling };
  // Nothing but what rounding leaves.
  if (noise <= 1e-18 * (sampling ** 2 + observed)) return facts;
  // The noise of a quadratic form of unequal parts is close to a chi-squared times `scale` with fewer degrees of freedom.
  const scale = (factor * factor * squaredTrace(centred, ways)) / noise;
  const freedom = Math.max(1, noise / scale);
  const ends = noncentrality(observed / (scale * freedom), [freedom, freedom * (clusters - 1)], level);
  const [low, high] = ends.map((lambda) => Math.sqrt((lambda * scale) / (ways - 1))) as [number, number];
  return { ...facts, interval: [low, high] };
}

const at = (values: readonly number[], i: number) => values[i] as number;
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

function sumsByCluster(items: readonly ItemUnderWays[], of: (item: ItemUnderWays) => readonly number[]): number[][] {
  const sums = new Map<string, number[]>();
  for (const item of items) {
    const values = of(item);
    const known = sums.get(item.cluster);
    if (known) for (const [w, value] of values.entries()) known[w] = at(known, w) + value;
    else sums.set(item.cluster, [...values]);
  }
  return [...sums.values()];
}

/** The trace of the square of the sum of the vectors' outer products. */
function squaredTrace(vectors: readonly (readonly number[])[], ways: number): number {
  let trace = 0;
  for (let v = 0; v < ways; v++) {
    for (let w = 0; w < ways; w++) trace += total(vectors.map((vector) => at(vector, v) * at(vector, w))) ** 2;
  }
  return trace;
}

/**
 * Between which noncentralities an observed F lies (Steiger 2004, Psychological Methods 9(2)): the interval for an effect of several
 * groups that cannot be below 0.
 */
function noncentrality(f: number, freedom: readonly [number, number], level: number): [low: number, high: number] {
  const tail = (1 - level) / 2;
  const reaching = (share: number) => {
    const below = (lambda: number) => noncentralF(f, freedom, lambda);
    if (below(0) <= share) return 0;
    let [low, high] = [0, Math.max(1, 4 * freedom[0] * f)];
    while (below(high) > share) high *= 2;
    for (let i = 0; i < 60 && high - low > 1e-9 * high; i++) {
      const middle = (low + high) / 2;
      if (below(middle) > share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return [reaching(1 - tail), reaching(tail)];
}

/** P(F <= f) of the noncentral F distribution: central betas weighted by a Poisson distribution, from its middle outwards. */
export function noncentralF(f: number, [above, below]: readonly [number, number], lambda: number): number {
  const x = (above * f) / (above * f + below);
  const half = lambda / 2;
  const weight = (j: number) =>
    half === 0 ? (j === 0 ? 1 : 0) : Math.exp(j * Math.log(half) - half - logGamma(j + 1));
  const term = (j: number) => weight(j) * betaCdf(x, above / 2 + j, below / 2);
  const centre = Math.floor(half);
  let sum = 0;
  for (let j = centre; j >= 0 && (weight(j) > 1e-14 || j > half); j--) sum += term(j);
  for (let j = centre + 1; weight(j) > 1e-14 || j < half; j++) sum += term(j);
  return sum;
}
