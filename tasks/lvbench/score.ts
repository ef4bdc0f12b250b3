/** LVBench (Wang et al. 2024): one of four letters. Source: lmms-eval `lvbench/utils.py`. */

import { chosen, guessedOr, type Output, optionLetters, robustChoice, type Scored } from "llava-eval";

export function lvbenchScore({ answer }: { readonly answer: string }, { text }: Output): Scored {
  const { letter, guessed } = robustChoice(text, optionLetters(4));
  return guessedOr(guessed, chosen(letter, answer));
}
