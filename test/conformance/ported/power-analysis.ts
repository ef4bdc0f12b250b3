/** lmms-eval's power analysis of a paired z test, in its own terms; `paired-power.ts` is what our commands use. */

import { normalCdf, normalQuantile } from "../../../src/statistics/normal.js";

export interface PowerQuestion {
  /** The smallest difference that matters, in score units, > 0. */
  readonly effect: number;
  /** Standard deviation of one sample's score in each run, > 0. */
  readonly deviationA: number;
  readonly deviationB: number;
  /** Two-sided, 0 < alpha < 1. */
  readonly alpha: number;
  /** 0 < power < 1. */
  readonly power: number;
  /** Between the two runs' scores of one sample, < 1. */
  readonly correlation: number;
}

/** Samples needed to see the effect. RangeError when no number is enough or the question has no answer. */
export function samplesForPower(question: PowerQuestion): number {
  const { effect, alpha, power } = question;
  const needed = ((normalQuantile(1 - alpha / 2) + normalQuantile(power)) ** 2 * variance(question)) / effect ** 2;
  if (!Number.isFinite(needed) || needed <= 0) throw new RangeError("no number of samples answers this question");
  return Math.ceil(needed);
}

/** Chance to see the effect with `n` samples. */
export function powerWith(n: number, question: PowerQuestion): number {
  const stderr = Math.sqrt(variance(question) / n);
  return normalCdf(question.effect / stderr - normalQuantile(1 - question.alpha / 2));
}

/** The smallest effect that `n` samples show with the wanted power; Infinity for n = 0. */
export function detectableEffect(n: number, question: PowerQuestion): number {
  const { alpha, power } = question;
  return (normalQuantile(1 - alpha / 2) + normalQuantile(power)) * Math.sqrt(variance(question) / n);
}

/** Of the difference of one pair. */
function variance({ deviationA, deviationB, correlation }: PowerQuestion): number {
  return deviationA ** 2 + deviationB ** 2 - 2 * correlation * deviationA * deviationB;
}
