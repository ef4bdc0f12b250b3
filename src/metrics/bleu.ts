/**
 * BLEU-1..4 (Papineni et al. 2002) as pycocoevalcap computes it: the closest reference length, tiny constants instead of
 * smoothing. They make a perfect BLEU slightly less than 1 and a BLEU-4 of one common word 3.2e-5; kept.
 */

import { maxOrder } from "./n-grams.js";

const tiny = 1e-15;
const small = 1e-9;

/**
 * What BLEU needs of an image, as ten numbers: matches of 1- to 4-grams (clipped by the reference that has them most), n-grams
 * of the hypothesis, its words, words of the closest reference. Sums of these over images give the corpus score.
 */
export const bleuNumbers = 2 * maxOrder + 2;
export const bleuLength = 2 * maxOrder;
export const bleuReferenceLength = 2 * maxOrder + 1;

/** Of several, the length closest to `length`; the shorter of two. 0 without references. */
export function closestLength(length: number, references: readonly number[]): number {
  let closest = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const words of references) {
    const away = Math.abs(words - length);
    if (away < distance || (away === distance && words < closest)) {
      closest = words;
      distance = away;
    }
  }
  return closest;
}

/** BLEU-1..4 of one image's numbers, or of their sum over a corpus; they begin at `at`. */
export function bleu(numbers: Float64Array, at = 0): number[] {
  const length = numbers[at + bleuLength] as number;
  const referenceLength = numbers[at + bleuReferenceLength] as number;
  const ratio = (length + tiny) / (referenceLength + small);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from({ length: maxOrder }, (_, k) => {
    const [matches, guesses] = [numbers[at + k] as number, numbers[at + maxOrder + k] as number];
    product *= (matches + tiny) / (guesses + small);
    return product ** (1 / (k + 1)) * brevity;
  });
}

/** The corpus's numbers: each image's, `times` it was drawn (default once). */
export function sumBleu(images: Float64Array, times?: Uint32Array): Float64Array {
  const total = new Float64Array(bleuNumbers);
  for (let i = 0, at = 0; at < images.length; i++, at += bleuNumbers) {
    const weight = times === undefined ? 1 : (times[i] as number);
    if (weight === 0) continue;
    for (let j = 0; j < bleuNumbers; j++) total[j] = (total[j] as number) + weight * (images[at + j] as number);
  }
  return total;
}
