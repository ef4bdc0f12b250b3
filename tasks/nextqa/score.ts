/** NExT-QA (Xiao et al. 2021): one of five letters, by lmms-eval's `nextqa/utils.py`, which has MMMU's parser; open answers by WUPS. */

import {
  byLetter,
  hasText,
  type Output,
  optionLetters,
  parseChoice,
  type ScoreContext,
  type Scored,
  strip,
} from "llava-eval";
import { lemmas, withoutStopWords, wups } from "./wups.js";

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

export interface NextQaOpen {
  readonly answer: string;
  readonly type: string;
  readonly additional_ref_answer?: string | null | undefined;
}

const words = (text: string) => withoutStopWords(lemmas(text));

/**
 * WUPS at 0 and at 0.9 of words in their base forms, without stop words: counts and yes or no must be equal. Of two references the better one counts,
 * and the second one's threshold is 0 at 0.9 too, as in the authors' code.
 */
export function nextQaWups(
  prediction: readonly string[],
  { answer, additional, type }: { answer: readonly string[]; additional?: readonly string[] | undefined; type: string },
): { readonly wups: number; readonly "wups@0.9": number } {
  const references = additional === undefined ? [answer] : [answer, additional];
  if (type === "DC" || type === "DB") {
    const same = references.some((reference) => reference.join(" ") === prediction.join(" ")) ? 1 : 0;
    return { wups: same, "wups@0.9": same };
  }
  const at = (threshold: number) =>
    Math.max(...references.map((reference, i) => wups(prediction, reference, i === 0 ? threshold : 0)));
  return { wups: at(0), "wups@0.9": at(0.9) };
}

export function nextQaOpenScore({ answer, type, additional_ref_answer: more }: NextQaOpen, { text }: Output): Scored {
  const said = words(text);
  const additional = more && hasText(more) ? words(more) : undefined;
  return {
    status: "scored",
    value: nextQaWups(said, { answer: words(answer), additional, type }),
    answer: said.join(" "),
    targets: more && hasText(more) ? [answer, more] : [answer],
  };
}
