/** NExT-QA (Xiao et al. 2021), multiple choice: one of five letters. Source: lmms-eval `nextqa/utils.py`, which has MMMU's parser. */

import { byLetter, type Output, optionLetters, parseChoice, type ScoreContext, type Scored, strip } from "llava-eval";

export interface NextQaChoice {
  readonly a0: string;
  readonly a1: string;
  readonly a2: string;
  readonly a3: string;
  readonly a4: string;
  readonly answer: number;
}

export const nextQaOptions = ({ a0, a1, a2, a3, a4 }: NextQaChoice): readonly string[] =>
  [a0, a1, a2, a3, a4].map((option) => strip(option));

export function nextQaScore(row: NextQaChoice, { text }: Output, context: ScoreContext): Scored {
  const letters = optionLetters(5);
  return byLetter(parseChoice("lmms", text, nextQaOptions(row)), letters[row.answer] ?? "", letters, context);
}
