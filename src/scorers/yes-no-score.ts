/** Scores of POPE and MME: what the tasks call. */

import type { Output } from "../core/runner.js";
import type { ScoreContext, Scored } from "../core/score.js";
import { lower, strip } from "../text/python-strings.js";
import { guessedOr, rightOrWrong } from "./scored.js";
import { lmmsMmeAnswer, lmmsPopeAnswer, mmeAnswer, popeAnswer, saysYesOrNo } from "./yes-no.js";

/** The reference as it is compared: "yes" or "no" when the row is sound. */
export function yesNoTruth(answer: string): string {
  return lower(strip(answer)).replaceAll(".", "");
}

/** Where the official rule takes any text for a yes, one that says neither yes nor no is counted as `unparsable`. */
export function popeScore(truth: string, output: Output, { scoring }: ScoreContext): Scored {
  const gold = yesNoTruth(truth);
  const text = strip(output.text);
  const said = scoring === "official" ? popeAnswer(text) : lmmsPopeAnswer(text);
  const isAnswer = scoring === "official" ? said === "no" || saysYesOrNo(text) : said === "yes" || said === "no";
  return guessedOr(!isAnswer, { ...rightOrWrong(said === gold, said, gold), data: { said, truth: gold } });
}

export function mmeAnswerScore(truth: string, output: Output, { scoring }: ScoreContext): Scored {
  const gold = yesNoTruth(truth);
  const text = strip(output.text);
  const said = scoring === "official" ? mmeAnswer(text) : lmmsMmeAnswer(text);
  return guessedOr(said === "other", rightOrWrong(said === gold, said, gold));
}
