/** Average normalised Levenshtein similarity (Biten et al. 2019): three scripts, three definitions. */

import { levenshtein } from "../text/levenshtein.js";
import { collapseSpaces, length, lower, upper } from "../text/python-strings.js";

/** Answers less similar than this count as wrong. */
export const anlsThreshold = 0.5;

/**
 * The Robust Reading Competition script (DocVQA, InfographicVQA), as lmms-eval has it too: the distance is between
 * stripped, lower-cased, space-collapsed strings, divided by the longer of the *raw* ones.
 *
 * @returns 0, or `threshold`..1; undefined without references
 */
export function anls(references: readonly string[], prediction: string, threshold = anlsThreshold): number | undefined {
  if (references.length === 0) return undefined;
  const answer = collapseSpaces(lower(prediction));
  // The script measures upper-cased strings; only letters such as "ß" change their length.
  const rawLength = length(upper(prediction));
  let smallest = Number.POSITIVE_INFINITY;
  for (const reference of references) {
    const longer = Math.max(length(upper(reference)), rawLength);
    const distance = longer === 0 ? 0 : levenshtein(collapseSpaces(lower(reference)), answer) / longer;
    smallest = Math.min(smallest, distance);
  }
  const similarity = 1 - smallest;
  return similarity < threshold ? 0 : similarity;
}
