/** Lettered options, as nearly every multiple-choice prompt writes them. */

import { optionLetters } from "../text/mmmu-choice.js";

/** "Answer with the option's letter ...": LLaVA's own instruction. */
export const LETTER_DIRECTLY = "Answer with the option's letter from the given choices directly.";

/** `A. cat\nB. dog`. */
export function letteredOptions(options: readonly string[], separator = "\n"): string {
  const letters = optionLetters(options.length);
  return options.map((option, i) => `${letters[i]}. ${option}`).join(separator);
}

/** `(A) cat\n(B) dog\n`: MMMU's, MathVista's and CMMMU's own scripts. */
export function bracketedOptions(options: readonly string[]): string {
  const letters = optionLetters(options.length);
  return options.map((option, i) => `(${letters[i]}) ${option}\n`).join("");
}
