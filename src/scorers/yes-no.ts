/** Yes/no answers: the parsers of POPE (Li et al. 2023) and MME (Fu et al. 2023), official and lmms-eval's. */

import { firstCharacters, lower, strip } from "../text/python-strings.js";

export type YesNo = "yes" | "no";
export type YesNoOther = YesNo | "other";

/**
 * POPE's evaluate.py (the same code in LLaVA): the first sentence says no if one of its words is "No", "no" or "not";
 * everything else is a yes, an empty text too.
 */
export function popeAnswer(text: string): YesNo {
  const point = text.indexOf(".");
  const sentence = (point < 0 ? text : text.slice(0, point)).replaceAll(",", "");
  const words = sentence.split(" ");
  return words.includes("No") || words.includes("not") || words.includes("no") ? "no" : "yes";
}

/** One of the words "yes" and "no" stands in the text, in any case. */
export function saysYesOrNo(text: string): boolean {
  return /(?<![\p{L}\p{N}])(?:yes|no)(?![\p{L}\p{N}])/iu.test(text);
}

/** POPE in lmms-eval: the whole text must be "yes" or "no" but for case and outer space; otherwise it is no answer. */
export function lmmsPopeAnswer(text: string): string {
  return lower(strip(text));
}

/** MME's calculation.py: "yes"/"no", or the first of them within four characters. */
export function mmeAnswer(text: string): YesNoOther {
  return yesNoPrefix(lower(text));
}

/** MME in lmms-eval: as above after strip and without any period; a single letter y or n counts. */
export function lmmsMmeAnswer(text: string): YesNoOther {
  const answer = strip(lower(text)).replaceAll(".", "");
  if (answer === "y") return "yes";
  if (answer === "n") return "no";
  return yesNoPrefix(answer);
}

function yesNoPrefix(answer: string): YesNoOther {
  const prefix = firstCharacters(answer, 4);
  if (prefix.includes("yes")) return "yes";
  return prefix.includes("no") ? "no" : "other";
}
