/** MME-RealWorld (Zhang et al. 2024). Sources: yfzhang114/MME-RealWorld `evaluation/eval_your_results.py`; lmms-eval `mme_realworld/utils.py`. */

import { lower, type Scoring, splitWords, strip, upper } from "llava-eval";

const beginnings = ["The best answer is", "The correct answer is", "The answer is", "The answer"];
/** Two commas are missing in the authors' list: four of its entries are two texts that no model writes. */
const authorsPrefixes = [...beginnings, "The best option isThe correct option is", "Best answer:Best option:"];
const prefixes = [...beginnings, "The best option is", "The correct option is", "Best answer:", "Best option:"];

/** What lmms-eval and VLMEvalKit compare a text without a letter with, instead of the options. */
const lettersOnly = ["(A)", "(B)", "(C)", "(D)", "(E)"];

/**
 * The first A to E anywhere, inside words too ("Answer: B" gives A); else that of the first option which contains the whole text. The
 * empty text is contained in all, so it is A: the authors' rule as much as lmms-eval's.
 */
export function mmeRealWorldLetter(text: string, options: readonly string[], scoring: Scoring): string {
  let rest = strip(scoring === "vlmevalkit" ? inTag(text) : text);
  for (const prefix of scoring === "official" ? authorsPrefixes : prefixes) rest = rest.replaceAll(prefix, "");
  const letter = /[A-E]/.exec(rest)?.[0];
  if (letter !== undefined) return letter;
  if (splitWords(rest).length > 10) return "";
  const choices = scoring === "official" ? options : lettersOnly;
  return choices.find((choice) => lower(choice).includes(lower(rest)))?.[1] ?? "";
}

/** VLMEvalKit first takes what stands in `<answer>`, in capitals. */
function inTag(text: string): string {
  const start = text.indexOf("<answer>");
  const end = start < 0 ? -1 : text.indexOf("</answer>", start);
  return end < 0 ? text : upper(strip(text.slice(start + "<answer>".length, end)));
}
