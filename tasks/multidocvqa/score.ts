/** MP-DocVQA (Tito et al. 2023), and the variants of ANLS that its script is one of. */

import { length, levenshtein, lower, type Output, type Score, strip } from "llava-eval";

/** MP-DocVQA: equality and ANLS of the stripped, lower-cased texts. */
export function multiPageScore(references: readonly string[], output: Output): Score {
  const text = output.text;
  const answer = lower(text);
  const equal = answer !== "none" && references.some((reference) => lower(reference).trim() === answer);
  return {
    status: "scored",
    value: { accuracy: equal ? 1 : 0, anls: multiPageAnls(references, text) },
    answer: text,
    targets: references,
  };
}

/** Answers less similar than this count as wrong. */
const threshold = 0.5;

/** ST-VQA in the M4C script: lengths of the stripped, lower-cased strings. undefined when a pair is empty (0 / 0). */
export function stvqaAnls(references: readonly string[], prediction: string): number | undefined {
  return bestSimilarity(
    references,
    prediction,
    (text) => strip(lower(text)),
    (value) => value >= threshold,
  );
}

/** Pix2Struct, in percent: lower-cased only; exactly one half is wrong. undefined when a pair is empty (0 / 0). */
export function pix2structAnls(references: readonly string[], prediction: string): number | undefined {
  const similarity = bestSimilarity(references, prediction, lower, (value) => value > threshold);
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
