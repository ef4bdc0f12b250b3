/** NaturalBench (Li et al. 2024): the first of two words. Sources: Baiqi-Li/NaturalBench; lmms-eval `naturalbench/utils.py`; all agree. */

import { lower, pythonRegex } from "llava-eval";

/** What a question's two answers are called; the first is right for the first question on the first image. */
export const WORDS = { yes_no: ["Yes", "No"], multiple_choice: ["A", "B"] } as const;
export type QuestionType = keyof typeof WORDS;

/** The word that stands first in the text as a word of its own, whatever its case: the article "a" is an A. */
export function firstWord(text: string, type: QuestionType): string | undefined {
  const found = WORDS[type]
    .map((word) => ({ word, at: text.search(pythonRegex(`\\b${lower(word)}\\b`, "i")) }))
    .filter(({ at }) => at >= 0);
  const [first, second] = found;
  return second !== undefined && first !== undefined && second.at < first.at ? second.word : first?.word;
}

/** The answer of the row at this position: two questions on two images, where each question has another answer on each. */
export function wordAt(index: number, type: QuestionType): string {
  const [first, second] = WORDS[type];
  return [0, 3].includes(index % 4) ? first : second;
}
