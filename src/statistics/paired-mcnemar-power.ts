/** How many paired samples a difference of accuracies needs, and the reverse. */
import { normalQuantile } from "./normal.js";

export interface PowerDesign {
  /** Share of samples whose outcome differs between the two systems, (0, 1]; at least the difference itself. */
  readonly discordance: number;
  /** Two-sided. */
  readonly alpha: number;
  /** Chance to see a true effect, e.g. 0.8. */
  readonly power: number;
  /** Samples per independent unit's worth of information, >= 1 (Kish); 1 = no clusters. Default 1. */
  readonly designEffect?: number;
}

/** Samples needed to see a true difference `delta` in (0, 1] with McNemar's test. Connor 1987, Biometrics 43, 207-211. */
export function samplesForDifference(delta: number, design: PowerDesign): number {
  const { discordance, alpha, power, designEffect = 1 } = design;
  const psi = Math.max(discordance, delta);
  const zAlpha = normalQuantile(1 - alpha / 2);
  const zPower = normalQuantile(power);
  const n = ((zAlpha * Math.sqrt(psi) + zPower * Math.sqrt(psi - delta * delta)) / delta) ** 2;
  return Math.ceil(n * designEffect);
}

/** The smallest difference that `n` samples show with this design; undefined when not even delta = 1 is seen. */
export function detectableDifference(n: number, design: PowerDesign): number | undefined {
  if (samplesForDifference(1, design) > n) return undefined;
  let seen = 1;
  let missed = 0;
  while (seen - missed > 1e-6) {
    const middle = (seen + missed) / 2;
    if (samplesForDifference(middle, design) <= n) seen = middle;
    else missed = middle;
  }
  return seen;
}

/**
 * Kish's design effect of clustered differences: variance of the mean with clusters over its variance if all samples were
 * independent. 1 when clusters do not matter.
 */
export function designEffect(values: readonly { readonly value: number; readonly cluster: string }[]): number {
  const n = values.length;
  const centre = values.reduce((sum, { value }) => sum + value, 0) / n;
  const sums = new Map<string, number>();
  let squares = 0;
  for (const { value, cluster } of values) {
    squares += (value - centre) ** 2;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  }
  if (squares === 0 || sums.size < 2) return 1;
  const between = [...sums.values()].reduce((total, sum) => total + sum * sum, 0);
  return (between * (sums.size / (sums.size - 1))) / (squares * (n / (n - 1)));
}
