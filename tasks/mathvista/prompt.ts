/** MathVista's prompts (lmms-eval's `create_one_query`); the data set's own is its column `query`. */

import { letteredOptions, optionLetters, strip } from "llava-eval";
import { MATHVISTA_HINTS } from "./judge.js";

export interface MathVistaWords {
  readonly question: string;
  readonly unit?: string | null;
  readonly choices?: readonly string[] | null;
  readonly question_type: string;
  readonly answer_type: string;
  readonly precision?: number | null;
}

type Form = keyof typeof MATHVISTA_HINTS;

const reasonFirst: Readonly<Record<Form, string>> = {
  multi_choice:
    "First perform reasoning, then finally select the question from the choices in the following format: Answer: xxx.",
  integer: reasoned("an integer answer and provide the final value, e.g., 1, 2, 3,"),
  float1: reasoned("a floating-point number with one decimal place and provide the final value, e.g., 1.2, 1.3, 1.4,"),
  float2: reasoned(
    "a floating-point number with two decimal places and provide the final value, e.g., 1.23, 1.34, 1.45,",
  ),
  list: reasoned("a Python list as an answer and provide the final list, e.g., [1, 2, 3], [1.2, 1.3, 1.4],"),
};

function reasoned(what: string): string {
  return `First perform reasoning, then finally answer the question requiring ${what} at the end in the following format: Answer: xxx.`;
}

const direct: Readonly<Record<Form, string>> = {
  multi_choice: "Answer with the option's letter from the given choices directly.",
  integer: "Answer the question using a single integer number.",
  float1: "Answer the question using a single floating-point number with one decimal place.",
  float2: "Answer the question using a single floating-point number with two decimal places.",
  list: "Answer the question using a Python list.",
};

export type MathVistaForm = "step-by-step" | "solution" | "format" | "reason-first";

/** Question, options and a hint on the form of the answer; empty pieces are dropped and the whole is stripped. */
export function mathVistaPrompt(row: MathVistaWords, form: MathVistaForm): string {
  const unit = row.unit ? ` (Unit: ${row.unit})` : "";
  const question = form === "format" ? `${row.question}${unit}` : `Question: ${row.question}${unit}`;
  const choices = row.choices ?? [];
  const options = choices.length === 0 ? "" : form === "format" ? letteredOptions(choices) : bracketed(choices);
  const hints = form === "reason-first" ? reasonFirst : form === "format" ? direct : MATHVISTA_HINTS;
  const hint = hintOf(row, hints);
  const pieces = form === "reason-first" ? [hint, question, options] : [question, options, hint];
  if (form === "solution") pieces.push("Solution: ");
  return strip(pieces.filter((piece) => piece !== "").join("\n"));
}

function bracketed(choices: readonly string[]): string {
  const letters = optionLetters(choices.length);
  return ["Choices:", ...choices.map((choice, i) => `(${letters[i]}) ${choice}`)].join("\n");
}

function hintOf(row: MathVistaWords, hints: Readonly<Record<Form, string>>): string {
  if (row.question_type === "multi_choice") return hints.multi_choice;
  if (row.answer_type === "integer" || row.answer_type === "list") return hints[row.answer_type];
  if (row.answer_type !== "float") return "";
  return row.precision === 1 ? hints.float1 : row.precision === 2 ? hints.float2 : "";
}
