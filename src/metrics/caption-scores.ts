/** BLEU, ROUGE-L and CIDEr-D of a set of tokenised captions, in one pass over shared n-grams. */

import { splitWords } from "../text/python-strings.js";
import { type BleuCounts, bleu, bleuCounts, noBleuCounts } from "./bleu.js";
import { CiderScratch, ciderD, DocumentFrequencies } from "./cider.js";
import { maxOrder, NGramIndex } from "./n-grams.js";
import { rougeL } from "./rouge-l.js";

export interface TokenizedImage {
  readonly references: readonly string[];
  readonly prediction: string;
}

export interface ImageScores {
  readonly bleu: BleuCounts;
  readonly rougeL: number;
  readonly cider: number;
}

export interface CaptionScores {
  /** BLEU-1..4 of the corpus. */
  readonly bleu: readonly number[];
  /** Means over images. NaN without images. */
  readonly rougeL: number;
  /** undefined when no reference has a word: the reference's document frequencies are then empty. */
  readonly cider: number | undefined;
  readonly images: readonly ImageScores[];
}

export function captionScores(images: readonly TokenizedImage[]): CaptionScores {
  const index = new NGramIndex();
  const grams = images.map(({ references, prediction }) => ({
    references: references.map((reference) => index.of(splitWords(reference))),
    prediction: index.of(splitWords(prediction)),
  }));
  const frequencies = new DocumentFrequencies(index.size);
  for (const { references } of grams) frequencies.add(references);
  const inverse = frequencies.inverse();
  const scratch = new CiderScratch(index.size);
  const scored = images.map(({ references, prediction }, i): ImageScores => {
    const gram = grams[i] as (typeof grams)[number];
    return {
      bleu: bleuCounts(gram.prediction, gram.references, scratch.hypothesis),
      rougeL: rougeL(
        prediction.split(" "),
        references.map((reference) => reference.split(" ")),
      ),
      cider: ciderD(gram.prediction, gram.references, inverse, scratch),
    };
  });
  const total = sumBleu(scored.map((image) => image.bleu));
  const meanOf = (value: (image: ImageScores) => number) =>
    scored.reduce((sum, image) => sum + value(image), 0) / scored.length;
  const hasWords = grams.some(({ references }) => references.some(({ words }) => words > 0));
  return {
    bleu: bleu(total),
    rougeL: meanOf((image) => image.rougeL),
    cider: hasWords ? meanOf((image) => image.cider) : undefined,
    images: scored,
  };
}

/** The corpus counts: each image's, `weights` times (default once). */
export function sumBleu(images: readonly BleuCounts[], weights?: Uint32Array): BleuCounts {
  const total = noBleuCounts();
  images.forEach((image, i) => {
    const weight = weights?.[i] ?? 1;
    if (weight === 0) return;
    for (let k = 0; k < maxOrder; k++) {
      total.matches[k] = (total.matches[k] as number) + weight * (image.matches[k] as number);
      total.guesses[k] = (total.guesses[k] as number) + weight * (image.guesses[k] as number);
    }
    total.length += weight * image.length;
    total.referenceLength += weight * image.referenceLength;
  });
  return total;
}
