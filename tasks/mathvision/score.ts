/** MATH-Vision (Wang et al. 2024): right if equal to the answer or, for a letter, to the option's value. */

import { mathVisionEqual } from "./answer.js";

export function mathVisionCorrect(answer: string, reference: string, options: readonly string[]): boolean {
  const value = options.length > 0 ? options[reference.charCodeAt(0) - 65] : undefined;
  return mathVisionEqual(reference, answer) || (value !== undefined && mathVisionEqual(value, answer));
}
