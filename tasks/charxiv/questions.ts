/** What CharXiv asks of a chart. Source: princeton-nlp/CharXiv `src/`. */

import { DESCRIPTIVE, REASONING } from "./words.js";

/** For answers that are numbers in general: how many places they have. It is read off the answer. */
export function numberInstruction(answer: string): string {
  const [, places] = answer.split(".");
  if (places === undefined) return "* Your final answer must be an exact integer.";
  return `* Your final answer must be a number with ${[...places].length} decimal places.`;
}

/** @param kind the class of the answer, 1 to 4 */
export function reasoningQuestion(kind: number, question: string, answer: string): string {
  const parts = [question, numberInstruction(answer)];
  return (REASONING[kind] ?? "{}").replace(/\{\}/g, () => parts.shift() ?? "");
}

export type Subplot = string | readonly [row: number, column: number];

/** @param template 1 to 19; the last two ask about the whole figure */
export function descriptiveQuestion(template: number, subplot: Subplot): string {
  const [row, column] = typeof subplot === "string" ? [] : subplot;
  const named =
    typeof subplot === "string" ? `For ${subplot}, ` : `For the subplot at row ${row} and column ${column}, `;
  const prefix = row === 0 ? "For the current plot, " : named;
  return (DESCRIPTIVE[template] ?? "{}").replace("{}", () => prefix);
}
