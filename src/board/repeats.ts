/** What several answers to each question (`--repeats`) say about a model and about the noise of its score. */
import type { Result } from "../core/result.js";
import { valueUnder } from "../record/outcome.js";
import type { Run } from "../record/read.js";
import { textOf } from "../record/samples.js";
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
  /** Of the first k answers of each sample, in their order; over the samples that have a score for each of them. */
  readonly firstK: readonly FirstK[];
}

export interface FirstK {
  readonly k: number;
  readonly samples: number;
  /**
   * The score of the most frequent answer, of equally frequent ones the first. `lmms-eval` counts whole texts, as its maj@k does; other
   * scorings count what was read in them, and a guess only where all are guesses.
   */
  readonly majority: number;
  /** The best score among them: lmms-eval's pass@k. */
  readonly best: number;
}

interface Answer {
  readonly value: number;
  readonly says: string;
  readonly isGuess: boolean;
}

/** undefined when the task was asked once per sample, or its scores are no plain numbers under the main metric's name. */
export async function repeatsOf(run: Run, result: Result): Promise<RepeatsReport | undefined> {
  if (result.repeats < 2) return undefined;
  const metric = result.metrics[0]?.name ?? "";
  const answers = new Map<string, Answer[]>();
  for await (const record of run.counted(result)) {
    const { id, repeat = 0, score } = record;
    const value = valueUnder(score, metric);
    if (value === undefined || score?.status !== "scored") continue;
    const own = answers.get(id) ?? [];
    const says = (result.scoring === "lmms-eval" ? textOf(record) : undefined) ?? score.answer;
    own[repeat] = { value, says, isGuess: score.remark === "unparsable" || score.remark === "empty" };
    answers.set(id, own);
  }
  const scores = [...answers.values()].map((own) => own.map(({ value }) => value));
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
    firstK: [...new Set([8, result.repeats])]
      .filter((k) => k > 1 && k <= result.repeats)
      .flatMap((k) => firstOf([...answers.values()], k, result)),
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

function firstOf(samples: readonly (readonly Answer[])[], k: number, { scoring, metrics }: Result): FirstK[] {
  const complete = samples
    .map((own) => own.slice(0, k).filter((answer) => answer !== undefined))
    .filter((own) => own.length === k);
  if (complete.length === 0) return [];
  const majority = average(complete.map((own) => mostFrequent(own, scoring === "lmms-eval").value));
  const bestOf = metrics[0]?.direction === "lower" ? Math.min : Math.max;
  const best = average(complete.map((own) => bestOf(...own.map(({ value }) => value))));
  return [{ k, samples: complete.length, majority, best }];
}

/** @param guessesVote  it is texts that are counted, read or not */
function mostFrequent(answers: readonly Answer[], guessesVote: boolean): Answer {
  const read = answers.filter(({ isGuess }) => guessesVote || !isGuess);
  const voters = read.length > 0 ? read : answers;
  const counts = new Map<string, number>();
  for (const { says } of voters) counts.set(says, (counts.get(says) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return voters.find(({ says }) => counts.get(says) === most) as Answer;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
