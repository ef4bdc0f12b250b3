/** MMStar (Chen et al. 2024). Sources: MMStar-Benchmark/MMStar `eval/vlmeval/evaluate/mmstar.py`; lmms-eval `mmstar/utils.py`. */

import type { Output } from "../core/runner.js";
import type { ScoreContext, Scored, Scoring } from "../core/score.js";
import { mmstarLetters } from "../text/leading-letter.js";
import { optionLetters } from "../text/mmmu-choice.js";
import { lower, strip, upper } from "../text/python-strings.js";
import { robustChoice } from "../text/robust-choice.js";
import { guessedOr, rightOrWrong } from "./scored.js";

/** The authors look at the first characters; lmms-eval looks for a letter anywhere. */
export function mmstarCorrect(
  text: string,
  answer: string,
  scoring: Scoring,
): { readonly correct: boolean; readonly guessed: boolean } {
  if (scoring === "lmms-eval") {
    const { letter, guessed } = robustChoice(text, optionLetters(4));
    return { correct: letter === upper(strip(answer)), guessed };
  }
  return { correct: mmstarLetters(text).includes(lower(strip(answer)).replaceAll("\n", " ")), guessed: false };
}

export function mmstarScore(answer: string, output: Output, { scoring }: ScoreContext): Scored {
  const text = strip(output.text);
  const { correct, guessed } = mmstarCorrect(text, answer, scoring);
  return guessedOr(guessed, rightOrWrong(correct, text, answer));
}
