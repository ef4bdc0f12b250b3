/** ROUGE-L as the package `rouge` 1.0.1 on PyPI computes it: sentences end at periods, every word counts once. */

import { splitWords } from "llava-eval";

/** Blanks that follow each other are one; a sentence without a word is none. */
const sentencesOf = (text: string): readonly (readonly string[])[] =>
  text.split(".").flatMap((sentence) => {
    const words = splitWords(sentence);
    return words.length === 0 ? [] : [words];
  });

/** The words of a longest common subsequence; of several, the one that the package's way back through its table finds. */
function commonWords(reference: readonly string[], answer: readonly string[]): readonly string[] {
  const width = answer.length + 1;
  const lengths = new Uint32Array((reference.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = 1; i <= reference.length; i++)
    for (let j = 1; j <= answer.length; j++)
      lengths[i * width + j] =
        reference[i - 1] === answer[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
  const words: string[] = [];
  for (let i = reference.length, j = answer.length; i > 0 && j > 0; ) {
    if (reference[i - 1] === answer[j - 1]) {
      words.push(reference[i - 1] ?? "");
      i--;
      j--;
    } else if (at(i - 1, j) > at(i, j - 1)) i--;
    else j--;
  }
  return words;
}

/** The F of two texts; undefined where one has no word, which the package refuses. */
export function rougeL(answer: string, reference: string): number | undefined {
  const [answers, references] = [sentencesOf(answer), sentencesOf(reference)];
  if (answers.length === 0 || references.length === 0) return undefined;
  const common = new Set(references.flatMap((sentence) => answers.flatMap((said) => commonWords(sentence, said))));
  const recall = common.size / new Set(references.flat()).size;
  const precision = common.size / new Set(answers.flat()).size;
  return 2 * ((precision * recall) / (precision + recall + 1e-8));
}
