/** MATH-Vision (Wang et al. 2024): right if equal to the answer or, for a letter, to the option's value. */

import type { Scoring } from "llava-eval";
import { mathVisionEqual, valueWithoutNames } from "./answer.js";

/** @param row its answer, and the options that a letter stands for */
export function mathVisionCorrect(
  said: string,
  { answer, options }: { readonly answer: string; readonly options: readonly string[] },
  scoring: Scoring,
): boolean {
  const value = options.length > 0 ? options[answer.charCodeAt(0) - 65] : undefined;
  const worth = scoring === "lmms-eval" ? valueWithoutNames : undefined;
  return mathVisionEqual(answer, said, worth) || (value !== undefined && mathVisionEqual(value, said, worth));
}
