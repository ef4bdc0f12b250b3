/** Scores of ScienceQA: what the tasks call. */

import type { Output } from "../core/runner.js";
import type { Score, ScoreContext } from "../core/score.js";
import { strip } from "../text/python-strings.js";
import { lmmsScienceQaCorrect, scienceQaIndex, scienceQaLetter } from "./science-qa.js";
import { rightOrWrong, unparsable } from "./scored.js";

/**
 * LLaVA's script; an answer without a letter, or with one beyond the options, is wrong.
 *
 * @param answer position of the right option
 */
export function scienceQaScore(answer: number, options: number, output: Output, { scoring }: ScoreContext): Score {
  const text = strip(output.text);
  const gold = String.fromCharCode(65 + answer);
  if (scoring === "lmms-eval") return rightOrWrong(lmmsScienceQaCorrect(text, gold), text, gold);
  const letter = scienceQaLetter(text);
  return letter === undefined
    ? unparsable(gold)
    : rightOrWrong(scienceQaIndex(letter, options) === answer, letter, gold);
}
