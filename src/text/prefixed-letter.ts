/**
 * The letter rule of Video-MME's `eval_your_results.py` and of the scripts that copied it: phrases such as "The answer is" are cut out,
 * and the first capital among the options' letters that is left is the answer ("Dog" is a D).
 */

import { strip } from "./python-strings.js";

const sentences = ["The best answer is", "The correct answer is", "The answer is", "The answer"];

// Commas are missing between four of the strings, in the authors' script as in VLMEvalKit's: Python joins them to phrases that nobody
// writes, so "Best answer: C" is read as B. Kept: published numbers depend on it.
const joined = ["The best option isThe correct option is", "Best answer:Best option:"];

const apart = ["The best option is", "The correct option is", "Best answer:", "Best option:"];

const rules = {
  /** Video-MME's own. */
  "video-mme": { phrases: [...sentences, ...joined], letters: "ABCD" },
  /** VLMEvalKit's for Video-MME. */
  "video-mme-vlmevalkit": { phrases: [...sentences, ...joined, "Answer:", "Option:"], letters: "ABCD" },
  /** Video-MME-v2's, the same in all three implementations. */
  "video-mme-v2": { phrases: ["Final Answer:", ...sentences, ...apart, "Answer:", "Option:"], letters: "ABCDEFGH" },
  /** LongVideoBench's, in lmms-eval, by its author. */
  longvideobench: { phrases: [...sentences, ...apart], letters: "ABCDE" },
  /** VLMEvalKit's for LongVideoBench. */
  "longvideobench-vlmevalkit": { phrases: [...sentences, ...joined, "Answer:", "Option:"], letters: "ABCDE" },
} as const;

export type PrefixRule = keyof typeof rules;

export const isPrefixRule = (rule: string): rule is PrefixRule => rule in rules;

/** The letter; undefined when none is left. */
export function prefixedLetter(answer: string, rule: PrefixRule): string | undefined {
  const { phrases, letters } = rules[rule];
  let text = strip(answer);
  for (const phrase of phrases) text = text.replaceAll(phrase, "");
  return [...text].find((character) => letters.includes(character));
}
