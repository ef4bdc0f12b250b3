/** HallusionBench's accuracies as metrics of a task. */

import { folded, type Metric, openBounds, type Sample, shareRight } from "llava-eval";
import { groupOutcomes, type HallusionLevel, type HallusionQuestion, type MaybeAnswer } from "./groups.js";

/** A question's id: which figure of which set it is about. */
export function hallusionId(question: HallusionQuestion): string {
  return [question.category, question.subcategory, question.set, question.figure, question.question].join("_");
}

/** Undefined for a sample that was never asked. */
function answerOf({ id, score }: Sample): MaybeAnswer | undefined {
  const parts = id.split("_");
  const [set, figure, question] = parts.slice(-3);
  const [category, ...subcategory] = parts.slice(0, -3);
  if (category === undefined || set === undefined || figure === undefined || question === undefined) return undefined;
  const correct = score.status === "scored" ? score.value === 1 : undefined;
  return { category, subcategory: subcategory.join("_"), set, figure, question, correct };
}

/**
 * Percent of questions ("answer"), of questions over all their figures ("question"), or of figures with all their questions
 * ("figure") that are right; the ids are `hallusionId`s. A group with an unscored answer counts only if another answer is wrong.
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
    start(context) {
      const answers: MaybeAnswer[] = [];
      let unknown = 0;
      const add = (sample: Sample) => {
        const answer = answerOf(sample);
        if (answer === undefined) unknown++;
        else answers.push(answer);
      };
      // VLMEvalKit counts the missing figure like any other.
      const counts = countMissing || context.scoring === "vlmevalkit";
      return folded(
        {
          scored: add,
          unscored: add,
          value() {
            const { value, n, stderr, interval, method } = shareRight(groupOutcomes(answers, level, counts));
            if (value === null || stderr === undefined || interval === undefined || method === undefined)
              return { value: value === null ? null : 100 * value, n };
            return { value: 100 * value, n, stderr: 100 * stderr, interval: percent(interval), method };
          },
          bounds() {
            const bounds = openBounds(groupOutcomes(answers, level, counts));
            return unknown > 0 || bounds === undefined ? undefined : percent(bounds);
          },
        },
        context,
      );
    },
  };
}

const percent = ([low, high]: readonly [number, number]) => [100 * low, 100 * high] as const;
