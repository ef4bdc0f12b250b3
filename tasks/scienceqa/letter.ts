/** ScienceQA (Lu et al. 2022): the letter in an answer, as LLaVA's eval_science_qa.py and as lmms-eval read it. */

import { lower, strip } from "llava-eval";

const letters = "ABCDE";

/**
 * eval_science_qa.py: a bare letter; a letter followed by ". "; or the only match of "The answer is X" + one character.
 *
 * @returns the letter (it may lie beyond the row's options), or undefined when nothing parses
 */
export function scienceQaLetter(text: string): string | undefined {
  if (text.length === 1 && letters.includes(text)) return text;
  const first = text.charAt(0);
  if (first !== "" && letters.includes(first) && text.startsWith(". ", 1)) return first;
  const found = text.match(/The answer is ([A-Z])[^\n]/g);
  return found?.length === 1 ? found[0].charAt("The answer is ".length) : undefined;
}

/** Position of the letter among the row's options; -1 for none (the original counts it as wrong). */
export function scienceQaIndex(letter: string | undefined, choices: number): number {
  const index = letter === undefined || letter === "" ? -1 : letters.indexOf(letter);
  return index < choices ? index : -1;
}

/** lmms-eval: the letter in any case, or an upper-case letter followed by a period. */
export function lmmsScienceQaCorrect(prediction: string, target: string): boolean {
  const answer = strip(prediction);
  if (lower(answer) === lower(target)) return true;
  return /^\p{Lu}\./u.test(answer) && answer.startsWith(target);
}
