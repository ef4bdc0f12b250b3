/** How MMBench (Liu et al. 2023) matches an answer to an option before it asks a judge: `can_infer` of lmms-eval's `mmbench_evals.py`. */

import { type Choices, inferText, splitWords } from "llava-eval";

/** What VLMEvalKit writes for an answer that never came. */
const apiFailure = "Failed to obtain answer via API";

const surroundings: readonly (readonly [string, string])[] = [
  ["", "."],
  ["", ","],
  ["", ":"],
  ["", ")"],
  ["", ")."],
  ["(", ")"],
  ["(", ")."],
  [":", ""],
  [":", ","],
  [":", "."],
  [":", ")"],
  [":", ")."],
];

/** A letter that stands alone (A to E are tried, however many options there are); `undefined` = not decided. */
export function inferOption(answer: string): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  const words = splitWords(answer);
  const present = new Set(words);
  const only = (prefix: string, suffix: string): string | undefined => {
    const found = [..."ABCDE"].filter((letter) => present.has(prefix + letter + suffix));
    return found.length === 1 ? found[0] : undefined;
  };
  const alone = only("", "");
  // "A cat sits there": with more than three words a lone A may be the article.
  if (alone !== undefined && !(alone === "A" && words.length > 3)) return alone;
  for (const [prefix, suffix] of surroundings) {
    const letter = only(prefix, suffix);
    if (letter !== undefined) return letter;
  }
  return undefined;
}

/** MMBench's rule: the letter, else the option's text, else `undefined` ("ask the judge"). */
export function inferChoice(answer: string, choices: Choices): string | undefined {
  return inferOption(answer) ?? inferText(answer, choices);
}
