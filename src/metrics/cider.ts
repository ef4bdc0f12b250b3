/**
 * CIDEr-D (Vedantam et al. 2015) as pycocoevalcap's `Cider` computes it: n = 1..4, sigma 6, clipped counts, times 10;
 * document frequencies from the references of the evaluated images, so a limited run is not comparable.
 */

import { maxOrder, type NGrams } from "./n-grams.js";

const sigma = 6;

/** In how many images' references each n-gram stands. */
export class DocumentFrequencies {
  private counts: Int32Array;
  private readonly lastImage: Int32Array;
  private images = 0;

  /** @param size largest n-gram id */
  constructor(size: number) {
    this.counts = new Int32Array(size + 1);
    this.lastImage = new Int32Array(size + 1);
  }

  add(references: readonly NGrams[]): void {
    const image = ++this.images;
    for (const { orders } of references)
      for (const ids of orders)
        for (const id of ids) {
          if (this.lastImage[id] === image) continue;
          this.lastImage[id] = image;
          this.counts[id] = (this.counts[id] as number) + 1;
        }
  }

  /** Inverse document frequency of every n-gram: ln(images) - ln(max(1, frequency)). */
  inverse(): Float64Array {
    const logImages = Math.log(this.images);
    const logs = Float64Array.from({ length: this.images + 1 }, (_, count) => logImages - Math.log(Math.max(1, count)));
    return Float64Array.from(this.counts, (count) => logs[count] as number);
  }
}

/** Reusable memory for `ciderD`. */
export class CiderScratch {
  readonly hypothesis: Int32Array;
  readonly reference: Int32Array;

  constructor(size: number) {
    this.hypothesis = new Int32Array(size + 1);
    this.reference = new Int32Array(size + 1);
  }
}

/** CIDEr-D of one image. */
export function ciderD(
  hypothesis: NGrams,
  references: readonly NGrams[],
  inverseFrequency: Float64Array,
  scratch: CiderScratch,
): number {
  let total = 0;
  for (let k = 0; k < maxOrder; k++) {
    const ids = hypothesis.orders[k] as Int32Array;
    const distinct = count(ids, scratch.hypothesis);
    const norm = vectorNorm(distinct, scratch.hypothesis, inverseFrequency);
    for (const reference of references) {
      const similarity = cosine(reference.orders[k] as Int32Array, norm, inverseFrequency, scratch);
      // Lengths are compared in bigrams, not words: the original counts them while it visits the second order.
      const difference = bigrams(hypothesis) - bigrams(reference);
      total += similarity * Math.exp(-(difference ** 2) / (2 * sigma ** 2));
    }
    for (const id of distinct) scratch.hypothesis[id] = 0;
  }
  return references.length === 0 ? 0 : (10 * total) / maxOrder / references.length;
}

function bigrams({ orders }: NGrams): number {
  return (orders[1] as Int32Array).length;
}

/** Clipped: a word said too often in the hypothesis earns no more than the reference's count. */
function cosine(ids: Int32Array, hypothesisNorm: number, inverse: Float64Array, scratch: CiderScratch): number {
  const distinct = count(ids, scratch.reference);
  const referenceNorm = vectorNorm(distinct, scratch.reference, inverse);
  let dot = 0;
  for (const id of distinct) {
    const own = scratch.hypothesis[id] as number;
    const theirs = scratch.reference[id] as number;
    scratch.reference[id] = 0;
    if (own > 0) dot += Math.min(own, theirs) * theirs * (inverse[id] as number) ** 2;
  }
  return hypothesisNorm !== 0 && referenceNorm !== 0 ? dot / (hypothesisNorm * referenceNorm) : dot;
}

function count(ids: Int32Array, counts: Int32Array): number[] {
  const distinct: number[] = [];
  for (const id of ids) {
    const seen = counts[id] as number;
    if (seen === 0) distinct.push(id);
    counts[id] = seen + 1;
  }
  return distinct;
}

function vectorNorm(distinct: readonly number[], counts: Int32Array, inverse: Float64Array): number {
  let squares = 0;
  for (const id of distinct) squares += ((counts[id] as number) * (inverse[id] as number)) ** 2;
  return Math.sqrt(squares);
}
