/** F1 of an answer's words (WebSRC): SQuAD's script, and lmms-eval's simplification. */

import { lower, removePunctuation, splitWords, strip } from "llava-eval";

const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** SQuAD 1.1 evaluate.py (Rajpurkar et al. 2016): lower case, no punctuation, no articles. */
export function squadNormalize(text: string): string {
  const bare = removePunctuation(lower(text));
  return splitWords(bare.replace(articles, " ")).join(" ");
}

/** SQuAD's F1 over words as a multiset; 0 when either side has none. */
export function squadF1(prediction: string, target: string): number {
  const said = splitWords(squadNormalize(prediction));
  const wanted = new Map<string, number>();
  const words = splitWords(squadNormalize(target));
  for (const word of words) wanted.set(word, (wanted.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const left = wanted.get(word) ?? 0;
    if (left === 0) continue;
    wanted.set(word, left - 1);
    common++;
  }
  return f1(common, said.length, words.length);
}

const token = /[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu;

/** lmms-eval: *sets* of words and marks, so a word said five times counts once. */
export function tokenSetF1(prediction: string, target: string): number {
  const said = new Set(strip(lower(prediction)).match(token) ?? []);
  const wanted = new Set(strip(lower(target)).match(token) ?? []);
  const common = [...said].filter((word) => wanted.has(word)).length;
  return f1(common, said.size, wanted.size);
}

function f1(common: number, said: number, wanted: number): number {
  return common === 0 ? 0 : (2 * common) / (said + wanted);
}
