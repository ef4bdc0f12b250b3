/** MMLongBench-Doc's F1: whether questions that have an answer are answered, and whether what is answered has one. */

import { folded, type Metric, type MetricValue, sampleValue } from "llava-eval";

/** What a score keeps for it. */
export interface Answered {
  /** The question has an answer in its document. */
  readonly answerable: boolean;
  /** The reply names one. */
  readonly answered: boolean;
}

/**
 * Recall over the questions that have an answer. The authors' precision has the same sum above it; lmms-eval's and VLMEvalKit's the sum over what was
 * answered, so points for questions without an answer count.
 */
export const documentF1: Metric = {
  ...{ name: "f1", unit: "fraction", direction: "higher" },
  start(context) {
    let [answerable, answered, right, rightAnswered, n] = [0, 0, 0, 0, 0];
    const value = (): MetricValue => {
      if (n === 0) return { value: null, n };
      if (context.scoring === "vlmevalkit" && (answerable === 0 || right + rightAnswered === 0))
        return { value: null, n, note: "VLMEvalKit divides by 0 where no question has an answer, or no point is made" };
      const recall = answerable === 0 ? 0 : right / answerable;
      const above = context.scoring === "official" ? right : rightAnswered;
      const precision = answered === 0 ? 0 : above / answered;
      return { value: recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision), n };
    };
    return folded(
      {
        scored(sample) {
          const { data } = sample.score;
          const points = sampleValue(sample, "accuracy") ?? 0;
          const of = data as unknown as Answered;
          n++;
          if (of.answerable) {
            answerable++;
            right += points;
          }
          if (of.answered) {
            answered++;
            rightAnswered += points;
          }
        },
        value,
      },
      context,
    );
  },
};
