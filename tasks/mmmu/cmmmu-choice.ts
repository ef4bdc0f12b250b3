/** CMMMU's multiple choice (Zhang et al. 2024): several letters may be right, and the most frequent ones are the answer. */

import { optionLetters, splitWords, strip } from "llava-eval";

/**
 * The most frequent letters in the order of the options, `"AC"`: bracketed ones, else bare ones, else option texts.
 * `undefined` where the reference draws a letter at random.
 */
export function parseCmmmuChoice(answer: string, options: readonly string[]): string | undefined {
  const letters = optionLetters(options.length);
  let text = answer;
  for (const mark of ",.!?;:'") text = strip(text, mark);
  const hasWords = splitWords(text).length > 0;
  text = ` ${text} `;
  const patterns = [letters.map((letter) => `(${letter})`), letters, ...(hasWords ? [options] : [])];
  for (const pattern of patterns) {
    const counts = pattern.map((part) => countOf(text, part));
    const most = Math.max(...counts);
    if (most > 0) return letters.filter((_, i) => counts[i] === most).join("");
  }
  return undefined;
}

/** `text.count(part)`: without overlaps; an empty part counts one more than there are characters. */
function countOf(text: string, part: string): number {
  if (part === "") return Array.from(text).length + 1;
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}
