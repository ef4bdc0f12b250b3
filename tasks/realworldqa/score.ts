/** RealWorldQA (xAI 2024): xAI published no script, so the rules are lmms-eval's. */

import {
  chosen,
  guessedOr,
  lower,
  type Output,
  optionLetters,
  rightOrWrong,
  robustChoice,
  rstrip,
  type ScoreContext,
  type Scored,
  strip,
  upper,
} from "llava-eval";

/** A letter answer is looked for anywhere in the text; any other answer must be the whole text up to case and final periods. */
export function realWorldQaCorrect(
  text: string,
  answer: string,
): { readonly correct: boolean } & ReturnType<typeof robustChoice> {
  const gold = strip(answer);
  const letter = upper(gold);
  if (letter.length === 1 && "ABCD".includes(letter)) {
    const choice = robustChoice(text, optionLetters(4));
    return { ...choice, correct: choice.letter === letter };
  }
  return { correct: rstrip(strip(lower(text)), ".") === lower(gold), letter: "", guessed: false };
}

/** `official` does not take the capital of "Based on the picture, it is unclear." for the letter B: the answer is wrong. */
export function realWorldQaScore(answer: string, output: Output, { scoring }: ScoreContext): Scored {
  const text = output.text;
  const { correct, guessed } = realWorldQaCorrect(text, answer);
  if (guessed && scoring === "official") return { ...chosen(undefined, answer), answer: text };
  return guessedOr(guessed, rightOrWrong(correct, text, answer));
}
