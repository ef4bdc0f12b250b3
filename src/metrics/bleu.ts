/**
 * BLEU-1..4 (Papineni et al. 2002) as pycocoevalcap computes it: the closest reference length, tiny constants instead of
 * smoothing. They make a perfect BLEU slightly less than 1 and a BLEU-4 of one common word 3.2e-5; kept.
 */

import { maxOrder, type NGrams } from "./n-grams.js";

const tiny = 1e-15;
const small = 1e-9;

/** What BLEU needs of an image; sums of these over images give the corpus score. */
export interface BleuCounts {
  /** N-grams of the hypothesis found in some reference, clipped, by order. */
  readonly matches: Float64Array;
  /** N-grams of the hypothesis, by order. */
  readonly guesses: Float64Array;
  /** Words of the hypothesis. */
  length: number;
  /** Words of the reference closest in length, the shorter of two. */
  referenceLength: number;
}

export function noBleuCounts(): BleuCounts {
  return { matches: new Float64Array(maxOrder), guesses: new Float64Array(maxOrder), length: 0, referenceLength: 0 };
}

/** @param scratch at least one zero per n-gram id; left zero */
export function bleuCounts(hypothesis: NGrams, references: readonly NGrams[], scratch: Int32Array): BleuCounts {
  const counts = noBleuCounts();
  counts.length = hypothesis.words;
  counts.referenceLength = closestLength(hypothesis.words, references);
  for (let k = 0; k < maxOrder; k++) {
    const ids = hypothesis.orders[k] as Int32Array;
    counts.guesses[k] = ids.length;
    counts.matches[k] = clippedMatches(ids, references, k, scratch);
  }
  return counts;
}

/** Each n-gram of the hypothesis counts at most as often as in the reference that has it most. */
function clippedMatches(ids: Int32Array, references: readonly NGrams[], k: number, scratch: Int32Array): number {
  const distinct: number[] = [];
  const wanted: number[] = [];
  for (const id of ids) {
    if (scratch[id] === 0) distinct.push(id);
    scratch[id] = (scratch[id] as number) + 1;
  }
  const position = new Map<number, number>();
  distinct.forEach((id, i) => {
    position.set(id, i);
    wanted.push(scratch[id] as number);
    scratch[id] = 0;
  });
  const best = new Array<number>(distinct.length).fill(0);
  for (const reference of references) {
    const referenceIds = reference.orders[k] as Int32Array;
    for (const id of referenceIds) scratch[id] = (scratch[id] as number) + 1;
    for (let i = 0; i < distinct.length; i++)
      best[i] = Math.max(best[i] as number, scratch[distinct[i] as number] as number);
    for (const id of referenceIds) scratch[id] = 0;
  }
  let matches = 0;
  for (let i = 0; i < distinct.length; i++) matches += Math.min(wanted[i] as number, best[i] as number);
  return matches;
}

function closestLength(length: number, references: readonly NGrams[]): number {
  let closest = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (const { words } of references) {
    const away = Math.abs(words - length);
    if (away < distance || (away === distance && words < closest)) {
      closest = words;
      distance = away;
    }
  }
  return closest;
}

/** BLEU-1..4 of one image's counts, or of their sum over a corpus. */
export function bleu({ matches, guesses, length, referenceLength }: BleuCounts): number[] {
  const ratio = (length + tiny) / (referenceLength + small);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from({ length: maxOrder }, (_, k) => {
    product *= ((matches[k] as number) + tiny) / ((guesses[k] as number) + small);
    return product ** (1 / (k + 1)) * brevity;
  });
}
