/** Pairwise reviews in the manner of LLaVA-Bench: what becomes of the two scores. */

import { notJudged, type Score, type ScoreContext } from "llava-eval";
import type { ScorePair } from "./score-pair.js";

/** The two scores as values of `relativeScore`. */
export function reviewScore(answer: string, context: ScoreContext): Score {
  const [scores] = context.verdicts as readonly ScorePair[];
  if (scores === undefined) return notJudged;
  const [reference, model] = scores;
  return { status: "scored", value: { reference, model }, answer };
}
