/** RealWorldQA (xAI 2024) as lmms-eval 0.7.2 scores it. */

import { optionLetters } from "../text/mmmu-choice.js";
import { lower, rstrip, strip, upper } from "../text/python-strings.js";
import { robustChoice } from "../text/robust-choice.js";

/** A letter answer is looked for anywhere in the text; any other answer must be the whole text up to case and final periods. */
export function realWorldQaCorrect(text: string, answer: string): boolean {
  const gold = strip(answer);
  const letter = upper(gold);
  if (letter.length === 1 && "ABCD".includes(letter)) return robustChoice(text, optionLetters(4)) === letter;
  return rstrip(strip(lower(text)), ".") === lower(gold);
}
