/** Pairwise reviews in the manner of LLaVA-Bench: what is asked. */

import type { Json } from "../core/json.js";
import { userPrompt } from "../core/prompt.js";
import type { Scoring } from "../core/score.js";
import type { JudgeQuestion } from "../core/task.js";
import { looseScorePair, type ScorePair, strictScorePair } from "../text/judge-replies.js";
import { REVIEWER, type Review, reviewText, withSystem } from "./judges.js";

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
      parse: scorePair(strictScorePair),
    };
  const options = { temperature: 0, maxNewTokens: 1024 };
  return { prompt: userPrompt(text), options, parse: scorePair((reply) => looseScorePair(reply) ?? [-1, -1]) };
}

/** Both scores must be numbers; anything else is asked again. */
export function scorePair(parse: (reply: string) => ScorePair | undefined): (reply: string) => Json | undefined {
  return (reply) => {
    const scores = parse(reply);
    return scores?.every(Number.isFinite) === true ? scores : undefined;
  };
}
