/** Average normalised Levenshtein similarity (Biten et al. 2019): three scripts, three definitions. */

import { levenshtein } from "../text/levenshtein.js";
import { collapseSpaces, length, lower, strip, upper } from "../text/python-strings.js";

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

/** ST-VQA in the M4C script: lengths of the stripped, lower-cased strings. undefined when a pair is empty (0 / 0). */
export function stvqaAnls(references: readonly string[], prediction: string): number | undefined {
  return bestSimilarity(
    references,
    prediction,
    (text) => strip(lower(text)),
    (value) => value >= anlsThreshold,
  );
}

/** Pix2Struct, in percent: lower-cased only; exactly one half is wrong. undefined when a pair is empty (0 / 0). */
export function pix2structAnls(references: readonly string[], prediction: string): number | undefined {
  const similarity = bestSimilarity(references, prediction, lower, (value) => value > anlsThreshold);
  return similarity === undefined ? undefined : 100 * similarity;
}

/** MP-DocVQA: as ST-VQA, but an empty answer and the answer "none" are 0. */
export function multiPageAnls(references: readonly string[], prediction: string): number {
  const answer = strip(lower(prediction));
  if (answer === "" || answer === "none") return 0;
  return stvqaAnls(references, answer) ?? 0;
}

function bestSimilarity(
  references: readonly string[],
  prediction: string,
  normalize: (text: string) => string,
  counts: (similarity: number) => boolean,
): number | undefined {
  const answer = normalize(prediction);
  let best: number | undefined;
  for (const reference of references) {
    const target = normalize(reference);
    const longer = Math.max(length(target), length(answer));
    if (longer === 0) return undefined;
    const similarity = 1 - levenshtein(target, answer) / longer;
    const value = counts(similarity) ? similarity : 0;
    if (best === undefined || value > best) best = value;
  }
  return best;
}
