/** The paired t test of two systems on the same samples, and its power (Miller 2024, "Adding error bars to evals", section 5). */
import { tTwoSided } from "./beta.js";
import { tInterval } from "./intervals.js";
import { Moments } from "./moments.js";
import { normalCdf, normalQuantile } from "./normal.js";

export interface PairedTTest {
  /** Mean of current - baseline. */
  readonly difference: number;
  readonly stderr: number;
  /** 95 %. */
  readonly interval: readonly [low: number, high: number];
  readonly t: number;
  /** Two-sided; 0 when all differences are equal and not 0, 1 when they are 0. */
  readonly p: number;
  readonly n: number;
}

/** NaN below two pairs. RangeError when the lists differ in length. */
export function pairedTTest(current: readonly number[], baseline: readonly number[]): PairedTTest {
  if (current.length !== baseline.length) throw new RangeError("the two lists of scores differ in length");
  const moments = new Moments();
  current.forEach((score, i) => {
    moments.add(score - (baseline[i] as number));
  });
  const { n, stderr } = moments;
  if (n < 2) {
    const nan = Number.NaN;
    return { difference: nan, stderr: nan, interval: [nan, nan], t: nan, p: nan, n };
  }
  const difference = moments.mean;
  // 0 / 0: no difference at all.
  const t = stderr === 0 && difference === 0 ? 0 : difference / stderr;
  return { difference, stderr, interval: tInterval(difference, stderr, n - 1), t, p: tTwoSided(t, n - 1), n };
}

export interface PairedDesign {
  /** True difference of the means. */
  readonly effect: number;
  /** Standard deviations of one sample's score; of a right-or-wrong score at most 0.5. */
  readonly deviationA: number;
  readonly deviationB: number;
  /** Between the two systems' scores of one sample. */
  readonly correlation: number;
  /** Two-sided. */
  readonly alpha: number;
  /** Chance to see a true effect. */
  readonly power: number;
}

/** Samples at least, for the effect to be seen with the power asked for. */
export function samplesNeeded(design: PairedDesign): number {
  return Math.ceil(((quantiles(design) * deviationOfDifference(design)) / design.effect) ** 2);
}

/** Chance that `n` samples show the effect. */
export function powerWith(n: number, design: PairedDesign): number {
  const standardized = design.effect / deviationOfDifference(design);
  return normalCdf(standardized * Math.sqrt(n) - normalQuantile(1 - design.alpha / 2));
}

/** The smallest effect that `n` samples show with the power asked for; `design.effect` is not used. */
export function detectableEffect(n: number, design: PairedDesign): number {
  return (quantiles(design) * deviationOfDifference(design)) / Math.sqrt(n);
}

function quantiles({ alpha, power }: PairedDesign): number {
  return normalQuantile(1 - alpha / 2) + normalQuantile(power);
}

function deviationOfDifference({ deviationA, deviationB, correlation }: PairedDesign): number {
  return Math.sqrt(deviationA ** 2 + deviationB ** 2 - 2 * correlation * deviationA * deviationB);
}
