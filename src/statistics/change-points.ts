/** Where the level of a series changes: binary segmentation, each split tested by permutations. */
import { type SeededRandom, seededRandom } from "./seeded-random.js";

export interface ChangePoint {
  /** Of the first value at the new level. */
  readonly index: number;
  /** Means of the two stretches that meet there. */
  readonly before: number;
  readonly after: number;
  readonly p: number;
}

export interface ChangeOptions {
  /** A split counts below this. */
  readonly alpha: number;
  readonly seed: number;
  /** Default 1999: the smallest p is then 1 in 2000. */
  readonly permutations?: number;
}

/**
 * The statistic of a split is the difference of means times sqrt(k (n - k) / n), its largest over all splits that of a series. In an
 * unchanged series the order of the values means nothing, so the share of shuffled series with at least that much is a p-value, whatever
 * the noise is. One odd value at the end of n is no change yet: it stands at one of the two ends in 2 of n orders.
 */
export function changePoints(values: readonly number[], options: ChangeOptions): readonly ChangePoint[] {
  const random = seededRandom("change points", options.seed);
  const found = splits(values, 0, { ...options, permutations: options.permutations ?? 1999 }, random);
  // Each stretch is described by its own mean, once all its ends are known.
  const ends = [0, ...found.map(({ index }) => index), values.length];
  const level = (stretch: number) => mean(values.slice(ends[stretch], ends[stretch + 1]));
  return found.map(({ index, p }, i) => ({ index, before: level(i), after: level(i + 1), p }));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Split {
  readonly index: number;
  readonly p: number;
}

function splits(
  values: readonly number[],
  offset: number,
  options: Required<ChangeOptions>,
  random: SeededRandom,
): readonly Split[] {
  const { at, size } = strongestSplit(values);
  // Sums of equal values in another order differ in their last bits: that is no change.
  const rounding = 1e-9 * Math.max(...values.map(Math.abs), 0);
  if (size <= rounding) return [];
  const shuffled = [...values];
  let asLarge = 1;
  for (let i = 0; i < options.permutations; i++) {
    shuffle(shuffled, random);
    if (strongestSplit(shuffled).size >= size - rounding) asLarge++;
  }
  const p = asLarge / (options.permutations + 1);
  if (p >= options.alpha) return [];
  return [
    ...splits(values.slice(0, at), offset, options, random),
    { index: offset + at, p },
    ...splits(values.slice(at), offset + at, options, random),
  ];
}

function strongestSplit(values: readonly number[]): { readonly at: number; readonly size: number } {
  const n = values.length;
  const centre = n === 0 ? 0 : mean(values);
  let [at, size, left] = [0, 0, 0];
  for (let k = 1; k < n; k++) {
    left += (values[k - 1] as number) - centre;
    // The left part's sum of deviations is minus the right's: their difference of means is left * n / (k (n - k)).
    const strength = Math.abs(left) * Math.sqrt(n / (k * (n - k)));
    if (strength > size) [at, size] = [k, strength];
  }
  return { at, size };
}

function shuffle(values: number[], random: SeededRandom): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
}
