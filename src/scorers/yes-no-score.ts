/** Scores of POPE and MME: what the tasks call. */

import type { Output } from "../core/runner.js";
import type { Score, ScoreContext, Scored } from "../core/score.js";
import { lower, strip } from "../text/python-strings.js";
import { stripReasoning } from "../text/reasoning-tags.js";
import { rightOrWrong } from "./scored.js";
import { lmmsMmeAnswer, lmmsPopeAnswer, mmeAnswer, popeAnswer } from "./yes-no.js";

const unclear = (score: Scored, isAnswer: boolean): Score => (isAnswer ? score : { ...score, label: "unparsable" });

/** @param truth "yes" or "no" */
export function popeScore(truth: string, output: Output, { scoring }: ScoreContext): Score {
  const gold = lower(strip(truth));
  const text = stripReasoning(output.text);
  const said = scoring === "official" ? popeAnswer(text) : lmmsPopeAnswer(text);
  const score = { ...rightOrWrong(said === gold, said, gold), data: { said, truth: gold } };
  return unclear(score, said === "yes" || said === "no");
}

/** @param truth "Yes" or "No" */
export function mmeAnswerScore(truth: string, output: Output, { scoring }: ScoreContext): Score {
  const gold = lower(strip(truth)).replaceAll(".", "");
  const text = stripReasoning(output.text);
  const said = scoring === "official" ? mmeAnswer(text) : lmmsMmeAnswer(text);
  return unclear(rightOrWrong(said === gold, said, gold), said !== "other");
}
