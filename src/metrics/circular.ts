/**
 * CircularEval (MMBench, Liu et al. 2023): a question is asked once for every rotation of its options and is right only
 * if every pass is.
 */

import { defined } from "../core/defined.js";
import type { Metric, Sample } from "../core/metric.js";
import { folded, isGuess, type ScoredSample, sampleValue } from "./folded.js";
import { type GroupOutcome, openBounds, shareRight } from "./share-right.js";

/** What a scorer puts into `score.data` for this metric; the sample's cluster is the question. */
export interface CircularPass {
  /** The pass with the options in their first order. */
  readonly first: boolean;
}

interface Question {
  passes: number;
  first: boolean;
  wrong: boolean;
  unscored: number;
  /** A pass is right by a guess. */
  guessed: boolean;
}

/**
 * Share of questions whose every pass is right. How many passes a question has is known from the rows only: "all of the
 * above" keeps its place, so such a question has fewer passes than options. A question with an unscored pass counts only
 * if another pass is wrong already. lmms-eval counts a question only if its first pass is among the rows.
 *
 * @param options.of which value of a scored sample's record says whether the pass is right; default: the single number
 * @param options.together  what must be right together, by the sample's id; default: its cluster. Then every group counts
 * @param options.passes how many each question has, where all have as many: one with fewer is left out
 */
export function circularAccuracy(
  name: string,
  { of, passes, together }: { of?: string; passes?: number; together?: (id: string) => string } = {},
): Metric {
  return {
    name,
    unit: "fraction",
    direction: "higher",
    range: [0, 1],
    ...defined({ of }),
    start(context) {
      const questions = new Map<string, Question>();
      const questionOf = ({ cluster, id }: Sample) => {
        const key = together?.(id) ?? cluster;
        const question = questions.get(key) ?? {
          passes: 0,
          first: false,
          wrong: false,
          unscored: 0,
          guessed: false,
        };
        questions.set(key, question);
        question.passes++;
        return question;
      };
      const whole = () => [...questions.values()].filter((one) => passes === undefined || one.passes === passes);
      const outcomes = (): GroupOutcome[] =>
        whole()
          .filter(({ first, unscored }) => context.scoring === "official" || together || first || unscored > 0)
          .map(({ wrong, unscored }) => ({ outcome: wrong ? "wrong" : unscored > 0 ? "open" : "right" }));
      return folded(
        {
          scored: (sample) => addPass(questionOf(sample), sample, of),
          unscored(sample) {
            questionOf(sample).unscored++;
          },
          value() {
            const share = shareRight(outcomes());
            const guesses = whole().filter((one) => one.guessed && !one.wrong && one.unscored === 0);
            if (share.value === null || guesses.length === 0) return share;
            return { ...share, withoutGuesses: share.value - guesses.length / share.n };
          },
          bounds: () => openBounds(outcomes()),
        },
        context,
      );
    },
  };
}

function addPass(question: Question, sample: ScoredSample, of: string | undefined): void {
  const value = sampleValue(sample, of);
  if (value === undefined) question.unscored++;
  else if (value < 1) question.wrong = true;
  else if (isGuess(sample)) question.guessed = true;
  if ((sample.score.data as Partial<CircularPass> | undefined)?.first === true) question.first = true;
}
