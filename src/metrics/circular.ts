/**
 * CircularEval (MMBench, Liu et al. 2023): a question is asked once for every rotation of its options and is right only
 * if every pass is.
 */

import type { Metric, MetricValue, Sample } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { sampleValue } from "./mean.js";

/** What a scorer puts into `score.data` for this metric; the sample's cluster is the question. */
export interface CircularPass {
  /** The pass with the options in their first order. */
  readonly first: boolean;
}

interface Question {
  first: boolean;
  wrong: boolean;
  unscored: number;
}

/**
 * Share of questions whose every pass is right. How many passes a question has is known from the rows only: "all of the
 * above" keeps its place, so such a question has fewer passes than options. A question with an unscored pass counts only
 * if another pass is wrong already. lmms-eval counts a question only if its first pass is among the rows.
 *
 * @param of which value of a scored sample's record says whether the pass is right; default: the single number
 */
export function circularAccuracy(name: string, { of }: { readonly of?: string } = {}): Metric {
  return {
    name,
    unit: "fraction",
    direction: "higher",
    range: [0, 1],
    ...(of === undefined ? {} : { of }),
    start({ scoring }) {
      const questions = new Map<string, Question>();
      return {
        add(sample) {
          const question = questions.get(sample.cluster) ?? { first: false, wrong: false, unscored: 0 };
          questions.set(sample.cluster, question);
          addPass(question, sample, of);
        },
        finish: () =>
          hitRate(
            [...questions.values()].filter(({ first, unscored }) => scoring === "official" || first || unscored > 0),
          ),
      };
    },
  };
}

function addPass(question: Question, sample: Sample, of: string | undefined): void {
  const value = sampleValue(sample, of);
  if (value === undefined) question.unscored++;
  else if (value < 1) question.wrong = true;
  const pass = sample.score.status === "scored" ? (sample.score.data as Partial<CircularPass> | undefined) : undefined;
  if (pass?.first === true) question.first = true;
}

function hitRate(questions: readonly Question[]): MetricValue {
  const moments = new Moments();
  let unscored = 0;
  for (const question of questions) {
    if (question.wrong) moments.add(0);
    else if (question.unscored > 0) unscored++;
    else moments.add(1);
  }
  const { n } = moments;
  const hits = n === 0 ? 0 : moments.successes;
  const bounds = unscored > 0 ? { bounds: [hits / (n + unscored), (hits + unscored) / (n + unscored)] as const } : {};
  if (n === 0) return { value: null, n, ...bounds, note: "no question was scored" };
  return { value: hits / n, n, ...intervalOf(moments), ...bounds };
}
