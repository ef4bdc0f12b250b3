/** Perception Test (Pătrăucean et al. 2023), multiple choice. Source: lmms-eval `perceptiontest/val/utils.py`; the authors' code takes positions. */

import { chosen, type Output, optionLetters, pythonRegex, type Scored } from "llava-eval";

const alone = pythonRegex("\\b([A-D])\\b");

/** The first capital A to D that stands alone: the article of "A cat", too. */
export const perceptionLetter = (text: string): string | undefined => alone.exec(text)?.[1];

export function perceptionScore({ answer_id }: { readonly answer_id: number | string }, { text }: Output): Scored {
  return chosen(perceptionLetter(text), optionLetters(4)[Number(answer_id)] ?? "");
}
