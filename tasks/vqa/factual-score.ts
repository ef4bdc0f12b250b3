/** Short questions for facts (SimpleVQA, WorldVQA): an answer is right, wrong, or none. */

import { folded, type Metric, notJudged, type Score, sampleValue } from "llava-eval";
import type { FactualVerdict } from "./factual-judge.js";

/** @param verdict the judge's */
export function factualScore(verdict: unknown, answer: string, target: string): Score {
  if (verdict === undefined) return notJudged;
  const is = (one: FactualVerdict) => (verdict === one ? 1 : 0);
  const attempted = 1 - is("unattempted");
  return {
    status: "scored",
    value: {
      ...{ correct: is("correct"), incorrect: is("incorrect"), attempted },
      ...(attempted === 1 ? { correct_of_attempted: is("correct") } : {}),
    },
    answer,
    targets: [target],
  };
}

/** The harmonic mean of the shares that are right: of all answers, and of those that try. */
export function factualF(name: string): Metric {
  return {
    ...{ name, unit: "fraction", direction: "higher", range: [0, 1] },
    start(context) {
      let [correct, attempted, n] = [0, 0, 0];
      const share = (right: number, tried: number) => (tried === 0 ? 0 : (2 * right) / tried);
      return folded(
        {
          scored(sample) {
            const tried = sampleValue(sample, "attempted");
            if (tried === undefined) return;
            n++;
            attempted += tried;
            correct += sampleValue(sample, "correct") ?? 0;
          },
          value: () => ({ value: n === 0 ? null : share(correct, n + attempted), n }),
          bounds: (unscored) => [
            share(correct, n + attempted + 2 * unscored),
            share(correct + unscored, n + attempted + 2 * unscored),
          ],
        },
        context,
      );
    },
  };
}
