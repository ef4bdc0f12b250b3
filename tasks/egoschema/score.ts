/** EgoSchema (Mangalam et al. 2023): one of five letters. Source: lmms-eval `egoschema/utils.py`; the authors' code takes positions alone. */

import { byLetter, type Output, optionLetters, parseChoice, type ScoreContext, type Scored, strip } from "llava-eval";

export interface EgoSchemaQuestion {
  readonly option: readonly string[];
  /** The position in `option`: "0" to "4". */
  readonly answer: string;
}

export const egoSchemaLetter = (text: string, option: readonly string[]): string | undefined =>
  parseChoice(
    "egoschema",
    text,
    option.slice(0, 5).map((one) => strip(one)),
  );

export function egoSchemaScore(row: EgoSchemaQuestion, { text }: Output, context: ScoreContext): Scored {
  const letters = optionLetters(5);
  return byLetter(egoSchemaLetter(text, row.option), letters[Number(row.answer)] ?? "", letters, context);
}

/** Continuations to compare, lmms-eval's: what stands between an option's first full stop, behind its letter, and the second. */
export const egoSchemaChoices = (option: readonly string[]): readonly string[] =>
  option.map((line) => strip(line.split(".")[1] ?? ""));
