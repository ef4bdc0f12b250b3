import type { Verdict } from "./comparison.js";

export interface Evidence {
  /** Positive = B is better. */
  readonly gain: number;
  /** Of the gain, level 1 - alpha. */
  readonly interval: readonly [low: number, high: number];
  /** Adjusted for the family of tasks. */
  readonly p: number;
  /** Every raw answer of the two runs is the same. */
  readonly identical: boolean;
}

/**
 * - regression: significantly worse after Holm's correction, and by at least `minEffect`.
 * - no regression: the interval excludes a loss of `minEffect`, or the two runs gave the same answers.
 * - not enough evidence: neither; a loss that matters cannot be told from noise with these samples.
 */
export function verdictOf({ gain, interval, p, identical }: Evidence, alpha: number, minEffect: number): Verdict {
  if (gain < 0 && p < alpha && -gain >= minEffect) return "regression";
  if (identical || interval[0] >= -minEffect) return "no regression";
  return "not enough evidence";
}

const order: readonly Verdict[] = ["no regression", "not enough evidence", "regression"];

/** The verdict on all tasks together; with no task there is no evidence. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "not enough evidence";
  return order[Math.max(...verdicts.map((verdict) => order.indexOf(verdict)))] as Verdict;
}
