/** HallusionBench's accuracies as metrics of a task. */

import type { Metric, MetricValue } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { groupOutcomes, type HallusionAnswer, type HallusionLevel } from "./hallusion-bench.js";

/**
 * Percent of questions ("answer"), of questions over all their figures ("question"), or of figures with all their questions
 * ("figure") that are right. Scorers leave a `HallusionAnswer` in `score.data`.
 *
 * @param countMissing see `byFigure`
 */
export function hallusionMetric(name: string, level: HallusionLevel, countMissing = false): Metric {
  return {
    name,
    unit: "percent",
    direction: "higher",
    // One answer is right or wrong.
    range: [0, 1],
    start() {
      const answers: HallusionAnswer[] = [];
      let unscored = 0;
      return {
        add({ score }) {
          if (score.status === "scored") answers.push(score.data as unknown as HallusionAnswer);
          else unscored++;
        },
        finish: () => groupValue(answers, unscored, level, countMissing),
      };
    },
  };
}

/** Groups of one set of pictures are not independent of each other. */
function groupValue(
  answers: readonly HallusionAnswer[],
  unscored: number,
  level: HallusionLevel,
  countMissing: boolean,
): MetricValue {
  const moments = new Moments();
  let right = 0;
  for (const { set, allRight } of groupOutcomes(answers, level, countMissing)) {
    moments.add(allRight ? 1 : 0, set);
    if (allRight) right++;
  }
  const left = unscored > 0 ? { note: `${unscored} answers without a verdict are left out of their groups` } : {};
  if (moments.n === 0) return { value: null, n: 0, note: "no sample was scored" };
  const spread = intervalOf(moments);
  const percent = (100 * right) / moments.n;
  if (spread === undefined) return { value: percent, n: answers.length, ...left };
  const { interval, stderr, method } = spread;
  return {
    value: percent,
    n: answers.length,
    stderr: 100 * stderr,
    interval: [100 * interval[0], 100 * interval[1]],
    method,
    ...left,
  };
}
