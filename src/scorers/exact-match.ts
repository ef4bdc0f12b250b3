/** Exact match of short answers: the generic metric of lmms-eval (from Hugging Face evaluate), and GQA's own rule. */

import { removePunctuation } from "../text/punctuation.js";
import { lower, rstrip } from "../text/python-strings.js";

export interface ExactMatchOptions {
  readonly ignoreCase?: boolean;
  readonly ignorePunctuation?: boolean;
  readonly ignoreNumbers?: boolean;
  /** Removed from both sides first. */
  readonly remove?: readonly RegExp[];
}

/** Whether both texts are equal after the options' removals. */
export function exactMatch(prediction: string, reference: string, options: ExactMatchOptions = {}): boolean {
  return normalForm(prediction, options) === normalForm(reference, options);
}

/** lmms-eval's `exact_match` with `ignore_case` and `ignore_punctuation`: GQA, ScienceQA and others. */
export const looseMatch: ExactMatchOptions = { ignoreCase: true, ignorePunctuation: true };

/** Equal but for case and ASCII punctuation. */
export const looselyEqual = (prediction: string, reference: string): boolean =>
  exactMatch(prediction, reference, looseMatch);

function normalForm(text: string, options: ExactMatchOptions): string {
  let out = text;
  for (const pattern of options.remove ?? []) out = out.replace(pattern, "");
  out = rstrip(out, "\0"); // numpy's string arrays drop trailing NULs
  if (options.ignoreCase === true) out = numpyLower(out);
  if (options.ignorePunctuation === true) out = removePunctuation(out);
  if (options.ignoreNumbers === true) out = out.replace(/[0-9]/g, "");
  return out;
}

/** numpy's arrays of strings keep their width: "İ" becomes two code points, of which "İA" keeps the first two ("i̇"). */
function numpyLower(text: string): string {
  const lowered = lower(text);
  return lowered.length === text.length ? lowered : [...lowered].slice(0, [...text].length).join("");
}
