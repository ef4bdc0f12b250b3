/** Numbers in English words as the package `word2number` reads them; words that are none are skipped. */

import { splitWords } from "llava-eval";

const ONES = [
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
  ...["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
];
const TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const values = new Map<string, number>([
  ...ONES.map((word, value) => [word, value] as const),
  ...TENS.map((word, i) => [word, 10 * (i + 2)] as const),
  ...([["hundred", 100]] as const),
]);
const SCALES = { billion: 1e9, million: 1e6, thousand: 1e3 } as const;

/** Up to "nine hundred ninety nine"; the package's rule goes by how many words there are. */
function below1000(words: readonly string[]): number {
  const [a = 0, b = 0, c = 0, d = 0] = words.map((word) => values.get(word) ?? 0);
  if (words.length === 4) return a * b + c + d;
  if (words.length === 3) return a * b + c;
  if (words.length === 2) return words.includes("hundred") ? a * b : a + b;
  return a;
}

/** Undefined where there is no number word, or scales stand in another order. */
export function numberOfWords(text: string): number | undefined {
  const all = splitWords(text.replaceAll("-", " "));
  let words = all.filter((word) => values.has(word) || word in SCALES);
  if (words.length === 0 || all.includes("point")) return undefined;
  let total = 0;
  for (const [scale, factor] of Object.entries(SCALES)) {
    const at = words.indexOf(scale);
    if (at < 0) continue;
    total += factor * (at === 0 ? 1 : below1000(words.slice(0, at)));
    words = words.slice(at + 1);
  }
  return words.some((word) => word in SCALES) ? undefined : total + below1000(words);
}
