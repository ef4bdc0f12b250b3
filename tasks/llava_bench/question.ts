/** Pairwise reviews in the manner of LLaVA-Bench: what is asked. */

import { type JudgeQuestion, type Scoring, userPrompt } from "llava-eval";
import { KOREAN_REVIEWER, koreanReviewText, REVIEWER, type Review, reviewText, withSystem } from "./judges.js";
import { looseScorePair, plainScorePair, type ScorePair } from "./score-pair.js";

/**
 * LLaVA's `eval_gpt_review_bench.py`, and VLMEvalKit: a system message, temperature 0.2, two numbers alone on the first line. lmms-eval has
 * no system message, temperature 0, takes the first two numbers of the line. It counts a review without
 * scores as (-1, -1); here that is asked again.
 */
export function reviewQuestion(review: Review, scoring: Scoring): JudgeQuestion {
  const text = reviewText(review);
  if (scoring !== "lmms-eval")
    return {
      prompt: withSystem(REVIEWER, text),
      options: { temperature: 0.2, maxNewTokens: 1024 },
      parse: scorePair(plainScorePair, reviewScale),
    };
  const options = { temperature: 0, maxNewTokens: 1024 };
  return { prompt: userPrompt(text), options, parse: scorePair(leadingPair, reviewScale) };
}

/**
 * K-LLaVA-W with LLaVA's settings. VLMEvalKit has LLaVA's system message and reading too; to lmms-eval white space around the two numbers of
 * the first line is nothing.
 */
export function koreanReviewQuestion(review: Review, scoring: Scoring): JudgeQuestion {
  const [system, parse]: readonly [string, (reply: string) => ScorePair | undefined] =
    scoring === "vlmevalkit" ? [REVIEWER, plainScorePair] : [KOREAN_REVIEWER, (reply) => plainScorePair(reply, "line")];
  return {
    prompt: withSystem(system, koreanReviewText(review)),
    options: { temperature: 0.2, maxNewTokens: 1024 },
    parse: scorePair(parse, reviewScale),
  };
}

/** "Each assistant receives an overall score on a scale of 1 to 10." */
export const reviewScale = [1, 10] as const;

/** Two numbers before any word: lmms-eval finds them anywhere in the line, also in "Error 429, retry in 20 s". */
const leadingPair = (reply: string): ScorePair | undefined =>
  /^[^\p{L}\p{N}]*\p{Nd}+(?:\.\p{Nd}+)?[^\p{L}\p{N}]+\p{Nd}+(?:\.\p{Nd}+)?(?!\p{L})/u.test(reply)
    ? looseScorePair(reply)
    : undefined;

/** Both scores must be numbers on the rubric's scale; anything else is asked again: -1 -1 would be 100 % of the reference. */
export function scorePair(
  parse: (reply: string) => ScorePair | undefined,
  [low, high]: readonly [low: number, high: number],
): JudgeQuestion["parse"] {
  const isScore = (score: number) => score >= low && score <= high;
  return (reply) => {
    const scores = parse(reply);
    return scores?.every(isScore) === true ? scores : undefined;
  };
}
