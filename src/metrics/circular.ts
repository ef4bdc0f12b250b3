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
  /** Passes the question has: as many as options. */
  readonly passes: number;
}

interface Question {
  passes: number;
  seen: number;
  first: boolean;
  wrong: boolean;
  unscored: number;
}

/**
 * Share of questions whose every pass is right. A question with an unscored pass counts only if another pass is wrong
 * already. Questions whose passes are not all in the run (`--limit`) are left out, since fewer passes make them easier;
 * lmms-eval counts them.
 */
export function circularAccuracy(name: string): Metric {
  return {
    name,
    unit: "fraction",
    direction: "higher",
    start({ scoring }) {
      const questions = new Map<string, Question>();
      return {
        add(sample) {
          const question = questions.get(sample.cluster) ?? {
            passes: 1,
            seen: 0,
            first: false,
            wrong: false,
            unscored: 0,
          };
          questions.set(sample.cluster, question);
          addPass(question, sample);
        },
        finish: () => hitRate([...questions.values()], scoring),
      };
    },
  };
}

function addPass(question: Question, sample: Sample): void {
  question.seen++;
  const value = sampleValue(sample);
  if (value === undefined) question.unscored++;
  else if (value < 1) question.wrong = true;
  const pass = sample.score.status === "scored" ? (sample.score.data as Partial<CircularPass> | undefined) : undefined;
  if (pass?.first === true) question.first = true;
  if (pass?.passes !== undefined) question.passes = pass.passes;
}

function hitRate(questions: readonly Question[], scoring: "official" | "lmms-eval"): MetricValue {
  const moments = new Moments();
  let unscored = 0;
  let incomplete = 0;
  for (const question of questions) {
    const counts = scoring === "lmms-eval" ? question.first || question.unscored > 0 : question.seen >= question.passes;
    if (!counts) incomplete++;
    else if (question.wrong) moments.add(0);
    else if (question.unscored > 0) unscored++;
    else moments.add(1);
  }
  const { n } = moments;
  const hits = n === 0 ? 0 : moments.successes;
  const total = n + unscored;
  const note = incomplete > 0 ? { note: `${incomplete} questions without all their passes are left out` } : {};
  const bounds = unscored > 0 ? { bounds: [hits / total, (hits + unscored) / total] as const } : {};
  if (n === 0) return { value: null, n, ...bounds, note: note.note ?? "no question was scored" };
  return { value: moments.mean, n, ...intervalOf(moments), ...bounds, ...note };
}
