/** The two scores that a review begins with. */

import { parseFloatPython, strip } from "llava-eval";

const numbers = /-?\p{Nd}+(?:\.\p{Nd}+)?/gu;
const firstLine = (text: string): string => text.slice(0, text.includes("\n") ? text.indexOf("\n") : text.length);

export type ScorePair = readonly [first: number, second: number];

/** The first two numbers of the first line; commas and semicolons are blanks (lmms-eval's LLaVA-in-the-wild). */
export function looseScorePair(review: string): ScorePair | undefined {
  const line = firstLine(strip(review)).replace(/[,;]/g, " ");
  const found: number[] = [];
  for (const [text] of line.matchAll(numbers)) {
    found.push(parseFloatPython(text) ?? Number.NaN);
    if (found.length === 2) break;
  }
  const [first, second] = found;
  return first === undefined || second === undefined ? undefined : [first, second];
}

/**
 * The first line is exactly two numbers with one blank or comma between them (LLaVA's `eval_gpt_review_bench.py`).
 *
 * @param trim what is stripped first: nothing in LLaVA's script, the line in LLaVA-Wilder, the review in LLaVA-Bench (COCO)
 */
export function strictScorePair(
  review: string,
  trim: "nothing" | "line" | "review" = "nothing",
): ScorePair | undefined {
  const line = firstLine(trim === "review" ? strip(review) : review);
  return pairOf(wordsOf(trim === "line" ? strip(line) : line));
}

const wordsOf = (line: string): readonly string[] => line.replaceAll(",", " ").split(" ");

function pairOf(words: readonly string[]): ScorePair | undefined {
  if (words.length !== 2) return undefined;
  const [first, second] = words.map(parseFloatPython);
  return first === undefined || second === undefined ? undefined : [first, second];
}

const plainNumber = /^\p{Nd}+(?:\.\p{Nd}*)?$/u;

/** `strictScorePair` of numbers as people write them: "1e0 9" and "1_0 9" are Python's numbers and no scores. */
export function plainScorePair(review: string, trim: "nothing" | "line" = "nothing"): ScorePair | undefined {
  const line = firstLine(review);
  const words = wordsOf(trim === "line" ? strip(line) : line);
  return words.every((word) => plainNumber.test(strip(word))) ? pairOf(words) : undefined;
}
