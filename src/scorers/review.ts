/** Pairwise reviews in the manner of LLaVA-Bench: what becomes of the two scores. */

import type { Score, ScoreContext } from "../core/score.js";
import type { ScorePair } from "../text/judge-replies.js";
import { notJudged } from "./scored.js";

/** The two scores as values of `relativeScore`. */
export function reviewScore(answer: string, context: ScoreContext): Score {
  const [scores] = context.verdicts as readonly ScorePair[];
  if (scores === undefined) return notJudged;
  const [reference, model] = scores;
  return { status: "scored", value: { reference, model }, answer };
}
