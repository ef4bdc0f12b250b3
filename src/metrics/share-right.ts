/** Shares of groups of answers that must be right together: CircularEval's questions, HallusionBench's figures. */

import type { MetricValue } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";

/** `open`: no answer of the group is wrong, and one has no score. */
export interface GroupOutcome {
  readonly outcome: "right" | "wrong" | "open";
  /** Groups of one cluster are not independent of each other. Default: they are. */
  readonly cluster?: string;
}

/** The share of right groups among the decided ones. */
export function shareRight(groups: Iterable<GroupOutcome>): MetricValue {
  const moments = new Moments();
  let right = 0;
  for (const { outcome, cluster } of groups) {
    if (outcome === "open") continue;
    moments.add(outcome === "right" ? 1 : 0, cluster);
    if (outcome === "right") right++;
  }
  const { n } = moments;
  return n === 0 ? { value: null, n } : { value: right / n, n, ...intervalOf(moments) };
}

/** The share with every open group wrong, and with every one right. */
export function openBounds(groups: Iterable<GroupOutcome>): readonly [low: number, high: number] | undefined {
  const count = { right: 0, wrong: 0, open: 0 };
  for (const { outcome } of groups) count[outcome]++;
  const total = count.right + count.wrong + count.open;
  return total === 0 ? undefined : [count.right / total, (count.right + count.open) / total];
}
