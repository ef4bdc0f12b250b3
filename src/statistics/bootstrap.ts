/** The bootstrap (Efron 1979): how far a measure of a whole split moves when its samples are drawn again. */

import { sampleDeviation } from "./descriptive.js";
import { seededRandom } from "./seeded-random.js";

export interface BootstrapResult {
  /** Deviation of the measure over the resamples. */
  readonly stderr: number;
  /** Percentile interval. */
  readonly interval: readonly [low: number, high: number];
  readonly iterations: number;
}

export interface BootstrapOptions {
  /** Default 1000. */
  readonly iterations?: number;
  /** Of the interval. Default 0.95. */
  readonly level?: number;
}

/**
 * Resamples `units` (samples, or clusters of samples) with replacement.
 *
 * @param units how many can be drawn; a list: of each stratum, one after the other, and each is drawn as often as it has units
 * @param measure the value for one resample, from how often each unit was drawn; NaN values are left out
 * @param seed words for the generator: run seed, task, metric
 * @returns undefined below two units (of any stratum), or when fewer than two resamples have a value
 */
export function bootstrap(
  units: number | readonly number[],
  measure: (drawn: Uint32Array) => number,
  seed: readonly (string | number)[],
  options: BootstrapOptions = {},
): BootstrapResult | undefined {
  return bootstrapEach(units, (drawn) => [measure(drawn)], seed, options)[0];
}

/** The same for several measures of the same resamples, in their order. */
export function bootstrapEach(
  units: number | readonly number[],
  measures: (drawn: Uint32Array) => readonly number[],
  seed: readonly (string | number)[],
  { iterations = 1000, level = 0.95 }: BootstrapOptions = {},
): (BootstrapResult | undefined)[] {
  const strata = typeof units === "number" ? [units] : units;
  if (strata.length === 0 || strata.some((size) => size < 2)) return [];
  const random = seededRandom(...seed);
  const drawn = new Uint32Array(strata.reduce((sum, size) => sum + size, 0));
  const values: number[][] = [];
  for (let i = 0; i < iterations; i++) {
    drawn.fill(0);
    let first = 0;
    for (const size of strata) {
      for (let j = 0; j < size; j++) {
        const unit = first + random.below(size);
        drawn[unit] = (drawn[unit] as number) + 1;
      }
      first += size;
    }
    measures(drawn).forEach((value, k) => {
      values[k] ??= [];
      if (!Number.isNaN(value)) values[k].push(value);
    });
  }
  return values.map((list) => spreadOf(list, iterations, level));
}

function spreadOf(values: number[], iterations: number, level: number): BootstrapResult | undefined {
  if (values.length < 2) return undefined;
  values.sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  const interval = [quantile(values, tail), quantile(values, 1 - tail)] as const;
  return { stderr: sampleDeviation(values), interval, iterations };
}

/** Of sorted values, linear between neighbours. */
function quantile(sorted: readonly number[], p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}
