/** Pairwise reviews in the manner of LLaVA-Bench: what is asked. */

import { hasPoints, type JudgeQuestion, type Scoring, userPrompt } from "llava-eval";
import { REVIEWER, type Review, reviewText, withSystem } from "./judges.js";
import { looseScorePair, plainScorePair, type ScorePair } from "./score-pair.js";

/**
 * LLaVA's `eval_gpt_review_bench.py`: a system message, temperature 0.2, two numbers alone on the first line. lmms-eval has
 * no system message, temperature 0, takes the first two numbers of the line, and counts a failed review as (-1, -1).
 */
export function reviewQuestion(review: Review, scoring: Scoring): JudgeQuestion {
  const text = reviewText(review);
  if (scoring === "official")
    return {
      prompt: withSystem(REVIEWER, text),
      options: { temperature: 0.2, maxNewTokens: 1024 },
      parse: scorePair(plainScorePair, reviewScale),
    };
  const options = { temperature: 0, maxNewTokens: 1024 };
  return { prompt: userPrompt(text), options, parse: lmmsScorePair(looseScorePair) };
}

/** "Each assistant receives an overall score on a scale of 1 to 10." */
export const reviewScale = [1, 10] as const;

/** lmms-eval counts a review without scores as (-1, -1); here only where it has a number at all. */
export function lmmsScorePair(parse: (reply: string) => ScorePair | undefined): JudgeQuestion["parse"] {
  return scorePair((reply) => parse(reply) ?? (hasPoints(reply) ? [-1, -1] : undefined));
}

/**
 * Both scores must be numbers on the rubric's scale; anything else is asked again: -1 -1 would be 100 % of the reference.
 * @param scale  absent: any number, which lmms-eval takes
 */
export function scorePair(
  parse: (reply: string) => ScorePair | undefined,
  scale: readonly [low: number, high: number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): JudgeQuestion["parse"] {
  const [low, high] = scale;
  const isScore = (score: number) => Number.isFinite(score) && score >= low && score <= high;
  return (reply) => {
    const scores = parse(reply);
    return scores?.every(isScore) === true ? scores : undefined;
  };
}
