import { betaCdf, tTwoSided } from "./beta.js";
import { mean } from "./descriptive.js";

export interface Discrimination {
  /** Pearson's correlation (point-biserial for right and wrong). */
  readonly r: number;
  /** Two-sided, of no correlation. */
  readonly p: number;
  /** One-sided: the chance of so low an r, or a lower one, without any correlation. */
  readonly pNegative: number;
}

/**
 * How well an item tells strong runs from weak ones: its correlation, over runs, with the score on the other items. The total itself
 * would be in favour of every item, which is a part of it.
 *
 * @param item   the item's score in each run @param others the runs' scores on what it is compared with
 * @returns undefined where one of the two is the same for all runs, or below two runs
 */
export function discrimination(item: readonly number[], others: readonly number[]): Discrimination | undefined {
  const n = item.length;
  if (n < 2 || isConstant(item) || isConstant(others)) return undefined;
  const [x, y] = [deviations(item), deviations(others)];
  const r = Math.max(-1, Math.min(1, product(x, y) / Math.sqrt(product(x, x) * product(y, y))));
  // Two points always lie on a line.
  if (n === 2) return { r, p: 1, pNegative: r < 0 ? 0.5 : 1 };
  if (Math.abs(r) === 1) return { r, p: 0, pNegative: r < 0 ? 0 : 1 };
  const p = tTwoSided(r * Math.sqrt((n - 2) / ((1 - r) * (1 + r))), n - 2);
  return { r, p, pNegative: betaCdf((1 + r) / 2, n / 2 - 1, n / 2 - 1) };
}

const isConstant = (values: readonly number[]) => values.every((value) => value === values[0]);

function deviations(values: readonly number[]): number[] {
  const centre = mean(values);
  return values.map((value) => value - centre);
}

const product = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
