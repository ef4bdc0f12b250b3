/** WUPS (Malinowski and Fritz 2014) as NExT-QA's authors compute it: how near an answer's words are to a reference's, by WordNet. */

import { wordNet } from "llava-eval";

/** The authors' list (`stopwords.csv`). */
const stopWords = new Set(
  `i me my myself we our ours ourselves you you're you've you'll you'd your yours yourself yourselves he him his himself she she's her hers
  herself it it's its itself they them their theirs themselves what which who whom this that that'll these those am is are was were be been
  being have has had having do does did doing a an the and but if or because as until while to from of at for with about into through during
  again further then here there when where why how all any each most other some such only own so than too very s t can will just don don't
  should should've now d ll m o re ve y ain aren aren't couldn couldn't didn didn't doesn doesn't hadn hadn't hasn hasn't haven haven't isn
  isn't ma mightn mightn't mustn mustn't needn needn't shan shan't shouldn shouldn't wasn wasn't weren weren't won won't wouldn wouldn't`.split(
    /\s+/,
  ),
);

export const withoutStopWords = (words: readonly string[]): readonly string[] =>
  words.filter((word) => !stopWords.has(word));

/**
 * The words of a text in their base forms. Ours: the authors tag parts of speech first, with a tagger whose data no package here has. A form in
 * -ing or -ed is taken for a verb's, every other for a noun's, else a verb's, an adjective's or an adverb's.
 */
export function lemmas(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:'(?!s\b)\p{L}+)?/gu) ?? [];
  return words.map((word) => {
    const parts = /(?:ing|ed)$/.test(word) ? (["v", "n", "a", "r"] as const) : (["n", "v", "a", "r"] as const);
    return parts.flatMap((part) => wordNet.baseForms(word, part))[0] ?? word;
  });
}

/** One pair of words: below the threshold a tenth counts. */
export function wupOf(a: string, b: string, threshold: number): number {
  if (a === b) return 1;
  const similarity = wordNet.wuPalmer(a, b) ?? 0;
  return similarity < threshold ? similarity * 0.1 : similarity;
}

/** Of two lists of words: the product of each word's best partner, those without any left out; the smaller of both directions. */
export function wups(prediction: readonly string[], reference: readonly string[], threshold: number): number {
  const oneWay = (from: readonly string[], to: readonly string[]): number => {
    const best = from.map((word) => Math.max(0, ...to.map((other) => wupOf(word, other, threshold))));
    const matched = best.filter((value) => value > 0);
    return matched.length === 0 ? 0 : matched.reduce((product, value) => product * value, 1);
  };
  return Math.min(oneWay(prediction, reference), oneWay(reference, prediction));
}
