/**
 * A mean of people's graded scores from a few labels and many verdicts of a judge: prediction-powered inference (Angelopoulos et al. 2023,
 * arXiv 2301.09633), with PPI++'s share of trust in the judge (arXiv 2311.01453). Its normal interval needs about 100 labels and some
 * disagreement: with 30 labels it covers 76 to 88 %. Right or wrong verdicts are better served by `correctedShare`.
 */
import { mean, populationDeviation } from "./descriptive.js";
import { normalQuantile } from "./normal.js";

export interface JudgedMean {
  /** People's scores. */
  readonly labels: readonly number[];
  /** The judge's scores of the same samples. */
  readonly verdicts: readonly number[];
  /** The judge's scores of the samples that nobody labelled. */
  readonly otherVerdicts: readonly number[];
  /** Of the labelled samples, when they were not drawn alike; they are scaled to a mean of 1. */
  readonly weights?: readonly number[];
}

export interface PredictionPowered {
  readonly estimate: number;
  readonly interval: readonly [low: number, high: number];
  /** How far the judge was trusted: 0, the labels alone, to 1. */
  readonly trust: number;
}

/** @param trust  absent: the share in [0, 1] that makes the interval shortest; 0 for a judge that says the same of all */
export function predictionPoweredMean(
  { labels, verdicts, otherVerdicts, weights }: JudgedMean,
  { level = 0.95, trust = bestTrust(labels, verdicts, otherVerdicts) }: { level?: number; trust?: number } = {},
): PredictionPowered {
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? 0;
  const weight = (i: number) => (weights ? ((weights[i] as number) * labels.length) / total : 1);
  const errors = labels.map((label, i) => weight(i) * (label - trust * (verdicts[i] as number)));
  const judged = otherVerdicts.map((verdict) => trust * verdict);
  const estimate = mean(judged) + mean(errors);
  const variance = populationDeviation(judged) ** 2 / judged.length + populationDeviation(errors) ** 2 / errors.length;
  const half = normalQuantile(0.5 + level / 2) * Math.sqrt(variance);
  return { estimate, interval: [estimate - half, estimate + half], trust };
}

function bestTrust(labels: readonly number[], verdicts: readonly number[], otherVerdicts: readonly number[]): number {
  const n = labels.length;
  const [centre, judgedCentre] = [mean(labels), mean(verdicts)];
  const covariance =
    labels.reduce((sum, label, i) => sum + (label - centre) * ((verdicts[i] as number) - judgedCentre), 0) / n;
  const all = [...verdicts, ...otherVerdicts];
  const variance = (populationDeviation(all) ** 2 * all.length) / (all.length - 1);
  if (!(variance > 0)) return 0;
  return Math.max(0, Math.min(1, covariance / ((1 + n / otherVerdicts.length) * variance)));
}
