/** MMStar (Chen et al. 2024). Sources: MMStar-Benchmark/MMStar `eval/vlmeval/evaluate/mmstar.py`; lmms-eval `mmstar/utils.py`. */

import {
  firstCharacters,
  guessedOr,
  lower,
  type Output,
  optionLetters,
  rightOrWrong,
  robustChoice,
  type ScoreContext,
  type Scored,
  type Scoring,
  strip,
  upper,
} from "llava-eval";

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
  const text = output.text;
  const { correct, guessed } = mmstarCorrect(text, answer, scoring);
  return guessedOr(guessed, rightOrWrong(correct, text, answer));
}

/** MMStar's own script: the first character, or the one after `(`, `option ` or `the answer is `; lower case. */
export function mmstarLetters(answer: string): readonly string[] {
  const text = lower(strip(answer)).replaceAll("\n", " ");
  if (text === "") return [];
  const letters = [firstCharacters(text, 1)];
  for (const start of ["(", "option ", "the answer is "])
    if (text.startsWith(start)) letters.push(firstCharacters(text.slice(start.length), 1));
  return letters;
}
