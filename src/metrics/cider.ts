/**
 * CIDEr-D (Vedantam et al. 2015) as pycocoevalcap's `Cider` computes it: n = 1..4, sigma 6, clipped counts, times 10;
 * document frequencies from the references of the evaluated images, so a limited run is not comparable.
 */

import { type Caption, maxOrder, type NGramIndex } from "./n-grams.js";

const sigma = 6;

/** Inverse document frequency of every n-gram id: ln(images) - ln(max(1, images whose references have it)). */
export function inverseFrequencies(index: NGramIndex, images: readonly (readonly Caption[])[]): Float64Array {
  const counts = new Int32Array(index.size + 1);
  const lastImage = new Int32Array(index.size + 1);
  images.forEach((references, i) => {
    for (const reference of references)
      for (let k = 0; k < maxOrder; k++) {
        const ids = index.ids(reference, k);
        for (let j = 0; j < ids.length; j++) {
          const id = ids[j] as number;
          if (lastImage[id] === i + 1) continue;
          lastImage[id] = i + 1;
          counts[id] = (counts[id] as number) + 1;
        }
      }
  });
  const logImages = Math.log(images.length);
  const inverse = new Float64Array(counts.length);
  const logs = Float64Array.from({ length: images.length + 1 }, (_, count) => Math.log(Math.max(1, count)));
  for (let id = 0; id < counts.length; id++) inverse[id] = logImages - (logs[counts[id] as number] as number);
  return inverse;
}

/** Similarity of one order's vectors: cosine, or the bare product where a vector is zero. */
export function cosine(dot: number, hypothesisSquares: number, referenceSquares: number): number {
  const norm = Math.sqrt(hypothesisSquares) * Math.sqrt(referenceSquares);
  return norm === 0 ? dot : dot / norm;
}

/** Lengths are compared in bigrams, not words: the original counts them while it visits the second order. */
export function lengthPenalty(hypothesisWords: number, referenceWords: number): number {
  const difference = Math.max(0, hypothesisWords - 1) - Math.max(0, referenceWords - 1);
  return Math.exp(-(difference ** 2) / (2 * sigma ** 2));
}

/** @param total sum over references and orders of the penalised similarities */
export function ciderOf(total: number, references: number): number {
  return references === 0 ? 0 : (10 * total) / maxOrder / references;
}
