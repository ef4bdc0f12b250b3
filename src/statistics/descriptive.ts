/** Means, deviations and standard errors, as evaluation harnesses define them. Undefined cases are NaN. */

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : sum(values) / values.length;
}

/**
 * lmms-eval's median: the element in the middle **of the order given**, the upper one of two. It neither sorts nor averages.
 * undefined without values.
 */
export function middleElement(values: readonly number[]): number | undefined {
  return values[Math.floor(values.length / 2)];
}

function squaredDeviations(values: readonly number[]): number {
  const centre = mean(values);
  let total = 0;
  for (const value of values) total += (value - centre) ** 2;
  return total;
}

/** Divided by n. */
export function populationDeviation(values: readonly number[]): number {
  return Math.sqrt(squaredDeviations(values) / values.length);
}

/** Divided by n - 1; NaN below two values. */
export function sampleDeviation(values: readonly number[]): number {
  return values.length < 2 ? Number.NaN : Math.sqrt(squaredDeviations(values) / (values.length - 1));
}

/** Standard error of the mean of independent values; NaN below two. */
export function meanStderr(values: readonly number[]): number {
  return sampleDeviation(values) / Math.sqrt(values.length);
}

/** exp(-mean) of log-likelihoods. */
export function perplexity(logLikelihoods: readonly number[]): number {
  return Math.exp(-mean(logLikelihoods));
}

/** Sum of the values over sum of the weights: log-likelihoods and their lengths. */
export function weightedMean(items: readonly (readonly [value: number, weight: number])[]): number {
  return sum(items.map(([value]) => value)) / sum(items.map(([, weight]) => weight));
}

/** Standard error of a mean over sub-tasks from each one's own, weighted by size. NaN when every size is 1. */
export function pooledStderr(stderrs: readonly number[], sizes: readonly number[]): number {
  const total = sum(sizes);
  const within = sum(stderrs.map((stderr, i) => ((sizes[i] as number) - 1) * stderr ** 2 * (sizes[i] as number)));
  const freedom = total - sizes.length;
  return freedom === 0 ? Number.NaN : Math.sqrt(within / freedom / total);
}

/**
 * As above with the spread between the sub-tasks' values. lmms-eval never grows the running size, so from the third
 * sub-task on the weights are the first one's: kept, because its printed errors come from it.
 */
export function combinedStderr(
  stderrs: readonly number[],
  sizes: readonly number[],
  values: readonly number[],
): number {
  const size = sizes[0] as number;
  let variance = (stderrs[0] as number) ** 2;
  let value = values[0] as number;
  for (let i = 1; i < stderrs.length; i++) {
    const other = sizes[i] as number;
    value = (value * size + (values[i] as number) * other) / (size + other);
    const within = ((size - 1) * variance + (other - 1) * (stderrs[i] as number) ** 2) / (size + other - 1);
    const between = ((size * other) / ((size + other) * (size + other - 1))) * (value - (values[i] as number)) ** 2;
    variance = within + between;
  }
  return Math.sqrt(variance);
}

/** Mean over sub-tasks, by size unless `weighted` is false. */
export function meanOfTasks(values: readonly number[], sizes: readonly number[], weighted = true): number {
  if (!weighted) return mean(values);
  return sum(values.map((value, i) => value * (sizes[i] as number))) / sum(sizes);
}
