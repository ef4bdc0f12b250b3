/** Has a training stopped getting better? Decided by paired intervals, not by the last digit of a score. */
import { type CompareOptions, compare } from "../compare/compare.js";
import { sideOf } from "../compare/side.js";
import { bestPoint, type Point } from "./curve.js";

export interface StopRule {
  readonly task: string;
  /** This many checkpoints after the best one must all be shown to be no improvement. */
  readonly patience: number;
}

export interface StopDecision {
  readonly stop: boolean;
  readonly best: number;
  /** One sentence for each checkpoint after the best. */
  readonly reasons: readonly string[];
}

/**
 * Stops when for the last `patience` checkpoints, all later than the best, the interval of (checkpoint - best) lies below an
 * improvement of `minEffect`. undefined while there are too few.
 */
export async function decide(
  points: readonly Point[],
  rule: StopRule,
  options: CompareOptions,
): Promise<StopDecision | undefined> {
  const best = bestPoint(points, rule.task);
  if (!best) return undefined;
  const later = points.filter(({ step }) => step > best.step).slice(-rule.patience);
  const reasons: string[] = [];
  let excluded = 0;
  for (const point of later) {
    const sides = [sideOf(`step ${best.step}`, best.run), sideOf(`step ${point.step}`, point.run)] as const;
    const { tasks } = await compare(sides[0], sides[1], { ...options, tasks: [rule.task], flips: 0 });
    const [task] = tasks;
    if (!task?.interval) continue;
    // The most that the checkpoint may be better by, in the direction that counts.
    const gain = task.direction === "lower" ? -task.interval[0] : task.interval[1];
    const isExcluded = gain < task.minEffect;
    if (isExcluded) excluded++;
    reasons.push(
      `step ${point.step}: an improvement over step ${best.step} ${isExcluded ? "is excluded" : "is still possible"}`,
    );
  }
  return { stop: later.length >= rule.patience && excluded === later.length, best: best.step, reasons };
}
