/** CV-Bench (Tong et al. 2024). Source: cambrian-mllm/cambrian `eval/eval/{ade,coco,omni}`. */

import { firstCharacters, lower, rstrip, strip } from "llava-eval";

/**
 * The authors' letter, in lower case: the first character of what follows the last "answer is" or "answer:", whatever it is
 * ("The answer is: D" gives `:`, since the shorter phrase is cut first).
 */
export function cvBenchLetter(text: string, source: string): string {
  let rest = lower(strip(text));
  for (const phrase of ["answer is", "answer is:", "answer:"])
    if (rest.includes(phrase)) rest = rest.slice(rest.lastIndexOf(phrase) + phrase.length);
  const marks = source === "Omni3D" ? ".:," : ".";
  return firstCharacters(rstrip(rstrip(strip(rest), marks).replace(/^\(+/, ""), ")"), 1);
}

/** In Omni3D's questions the option itself is right too: one digit is its own first character. */
export function cvBenchCorrect(letter: string, gold: string, option: string, source: string): boolean {
  return letter === lower(gold) || (source === "Omni3D" && letter === option);
}
