/** What several answers to each question (`--repeats`) say about a model and about the noise of its score. */
import type { Result } from "../core/result.js";
import { valueUnder } from "../record/outcome.js";
import type { Run } from "../record/read.js";
import { passAtK } from "../statistics/pass-at-k.js";
import { consistencyRate, expectedAccuracy, internalVariance } from "../statistics/repeats.js";

export interface RepeatsReport {
  readonly task: string;
  readonly metric: string;
  /** Answers per sample, at most. */
  readonly repeats: number;
  /** Samples with at least one score. */
  readonly samples: number;
  /** Over all answers, in the samples' own unit (0..1). */
  readonly mean: number;
  /** Mean of each repeat alone. */
  readonly perRepeat: readonly number[];
  /** Of one answer around its sample's mean: the noise that repeats average out. */
  readonly varianceWithin: number;
  /** Of the samples' means around the mean: what only more samples average out. */
  readonly varianceBetween: number;
  /** Share of samples whose answers all have the same score. */
  readonly consistency: number;
  /** For right-or-wrong scores: the chance that one of k answers is right. */
  readonly passAtK: readonly { readonly k: number; readonly value: number }[];
}

/** undefined when the task was asked once per sample, or its scores are no plain numbers under the main metric's name. */
export async function repeatsOf(run: Run, result: Result): Promise<RepeatsReport | undefined> {
  if (result.repeats < 2) return undefined;
  const metric = result.metrics[0]?.name ?? "";
  const answers = new Map<string, number[]>();
  for await (const { id, repeat = 0, score } of run.counted(result)) {
    const value = valueUnder(score, metric);
    if (value === undefined) continue;
    const own = answers.get(id) ?? [];
    own[repeat] = value;
    answers.set(id, own);
  }
  const scores = [...answers.values()];
  if (scores.length === 0) return undefined;
  const dense = scores.map((own) => own.filter((value) => value !== undefined));
  const mean = expectedAccuracy(dense);
  return {
    ...{ task: result.task, metric, repeats: result.repeats, samples: scores.length, mean },
    perRepeat: Array.from({ length: result.repeats }, (_, repeat) =>
      average(scores.flatMap((own) => own[repeat] ?? [])),
    ),
    varianceWithin: internalVariance(dense),
    varianceBetween: varianceBetween(dense),
    consistency: consistencyRate(dense),
    passAtK: passCurve(dense, result.repeats),
  };
}

/** The variance of sample means holds a share of the noise within samples: it is taken out (one-way random effects). */
function varianceBetween(scores: readonly (readonly number[])[]): number {
  const means = scores.map(average);
  const centre = average(means);
  const observed = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, means.length - 1);
  const noise = internalVariance(scores.filter((own) => own.length > 1)) * average(scores.map((own) => 1 / own.length));
  return Math.max(0, observed - (Number.isNaN(noise) ? 0 : noise));
}

function passCurve(scores: readonly (readonly number[])[], repeats: number): { k: number; value: number }[] {
  if (!scores.flat().every((value) => value === 0 || value === 1)) return [];
  const complete = scores.filter((own) => own.length === repeats);
  if (complete.length === 0) return [];
  const ks = [1, 2, 3, 4, 5, 8, 10, 16, 32, 64, 100].filter((k) => k < repeats);
  return [...ks, repeats].map((k) => ({
    k,
    value: average(complete.map((own) => passAtK(repeats, own.filter((value) => value === 1).length, k))),
  }));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
