/** Measures over several answers to each question (`--repeats`). Rows without answers count where noted. */

import { mean, sampleDeviation } from "./descriptive.js";

type Answers = readonly (readonly number[])[];

/** Mean over all answers. */
export function expectedAccuracy(scores: Answers): number {
  return mean(scores.flat());
}

/** Share of questions that most answers get right (more than half; a question without answers counts as wrong). */
export function consensusAccuracy(scores: Answers): number {
  return mean(scores.map((row) => (mean(row) > 0.5 ? 1 : 0)));
}

/** Mean variance (n - 1) within a question, over questions with at least two answers. */
export function internalVariance(scores: Answers): number {
  return mean(scores.filter((row) => row.length > 1).map((row) => sampleDeviation(row) ** 2));
}

/** Share of questions whose answers all have the same score (one without answers does not). */
export function consistencyRate(scores: Answers): number {
  return mean(scores.map((row) => (row.length > 0 && row.every((score) => score === row[0]) ? 1 : 0)));
}
