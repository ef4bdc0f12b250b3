/** How alike two long texts are: OCRBench v2's mean of BLEU, METEOR, the F measure of words and the edit distance. */

import { length, levenshtein, lower, splitWords, wordNet } from "llava-eval";
import { chineseWords } from "./chinese-words.js";
import { porterStem } from "./porter-stem.js";

export interface TextLikeness {
  readonly bleu: number;
  readonly meteor: number;
  /** Undefined where one of the texts has no words. */
  readonly f: number | undefined;
  /** By the longer text. */
  readonly distance: number;
}

/** Texts that have no Chinese between them are parted at blanks. */
export function textLikeness(text: string, reference: string): TextLikeness {
  const wordsOf = /[\u4e00-\u9fa5]/.test(text + reference) ? chineseWords : splitWords;
  const [words, wanted] = [wordsOf(text), wordsOf(reference)];
  return {
    bleu: bleu(words, wanted),
    meteor: meteor(words, wanted),
    f: fMeasure(new Set(words), new Set(wanted)),
    distance: levenshtein(text, reference) / Math.max(length(text), length(reference)),
  };
}

/** A part that is undefined counts as none. */
export const meanLikeness = ({ bleu, meteor, f = 0, distance }: TextLikeness): number =>
  (bleu + meteor + f + (1 - distance)) / 4;

function fMeasure(words: ReadonlySet<string>, wanted: ReadonlySet<string>): number | undefined {
  if (words.size === 0 || wanted.size === 0) return undefined;
  const both = [...wanted].filter((word) => words.has(word)).length;
  return both === 0 ? 0 : 1 / (0.5 / (both / words.size) + 0.5 / (both / wanted.size));
}

/** What NLTK takes for a share of n-grams that is none: C's smallest normal double. */
const nearNothing = 2.2250738585072014e-308;

/** NLTK's `sentence_bleu` of one reference, four orders, no smoothing. */
function bleu(words: readonly string[], wanted: readonly string[]): number {
  const shares = [1, 2, 3, 4].map((order) => {
    const [own, theirs] = [gramsOf(words, order), gramsOf(wanted, order)];
    let shared = 0;
    for (const [gram, count] of own) shared += Math.min(count, theirs.get(gram) ?? 0);
    return { shared, all: Math.max(1, words.length - order + 1) };
  });
  if (shares[0]?.shared === 0) return 0;
  const brevity = words.length > wanted.length ? 1 : Math.exp(1 - wanted.length / words.length);
  const logs = shares.map(({ shared, all }) => 0.25 * Math.log(shared === 0 ? nearNothing : shared / all));
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log, 0));
}

function gramsOf(words: readonly string[], order: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + order <= words.length; i++) {
    const gram = words.slice(i, i + order).join("\0");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

interface Place {
  readonly at: number;
  readonly word: string;
}

/** NLTK's METEOR of one reference: words that are equal, then words with one stem, then stems of which one is a synonym of the other. */
export function meteor(words: readonly string[], wanted: readonly string[]): number {
  const placed = (list: readonly string[]) => list.map((word, at): Place => ({ at, word: lower(word) }));
  const stems = (list: readonly Place[]) => list.map(({ at, word }) => ({ at, word: porterStem(word) }));
  const equal = matched(placed(words), placed(wanted));
  const stemmed = matched(stems(equal.left), stems(equal.wantedLeft));
  const alike = matchedBySense(stemmed.left, stemmed.wantedLeft);
  const pairs = [...equal.pairs, ...stemmed.pairs, ...alike].sort(([a], [b]) => a - b);
  if (pairs.length === 0) return 0;
  const [precision, recall] = [pairs.length / words.length, pairs.length / wanted.length];
  const chunks =
    1 + pairs.slice(1).filter(([a, b], i) => a !== (pairs[i]?.[0] ?? 0) + 1 || b !== (pairs[i]?.[1] ?? 0) + 1).length;
  const mean = (precision * recall) / (0.9 * precision + 0.1 * recall);
  return (1 - 0.5 * (chunks / pairs.length) ** 3) * mean;
}

function placesOf(places: readonly Place[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { at, word } of places) {
    const known = found.get(word);
    if (known) known.push(at);
    else found.set(word, [at]);
  }
  return found;
}

/** From the end on, each word with the last equal one that is left. */
function matched(words: readonly Place[], wanted: readonly Place[]) {
  const free = placesOf(wanted);
  const pairs: [number, number][] = [];
  const left: Place[] = [];
  for (const place of [...words].reverse()) {
    const at = free.get(place.word)?.pop();
    if (at === undefined) left.push(place);
    else pairs.push([place.at, at]);
  }
  const taken = new Set(pairs.map(([, at]) => at));
  return { pairs, left: left.reverse(), wantedLeft: wanted.filter(({ at }) => !taken.has(at)) };
}

/** From the end on, each stem with the last one that is among its synonyms. */
function matchedBySense(stems: readonly Place[], wanted: readonly Place[]): readonly [number, number][] {
  if (stems.length === 0 || wanted.length === 0) return [];
  const free = placesOf(wanted);
  const wordAt = new Map(wanted.map(({ at, word }) => [at, word]));
  const pairs: [number, number][] = [];
  for (const { at, word } of [...stems].reverse()) {
    const places = [...wordNet.synonyms(word)].flatMap((one) => free.get(one) ?? []);
    const last = places.reduce((best, one) => Math.max(best, one), -1);
    if (last < 0) continue;
    pairs.push([at, last]);
    free.get(wordAt.get(last) as string)?.pop();
  }
  return pairs;
}
