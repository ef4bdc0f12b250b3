/** MathVista's words and its extraction question; MathVerse's two questions to a judge. Word for word. */

import {
  inferChoice,
  type JudgeQuestion,
  levenshtein,
  type Output,
  optionLetters,
  parseFloatPython,
  type Scoring,
  strip,
  userPrompt,
} from "llava-eval";
import { extractWithoutJudge, type MathVistaProblem, normalizeExtraction } from "./answer.js";

/** MathVista's hints by the form of the answer. */
export const MATHVISTA_HINTS = {
  multi_choice: "Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.",
  integer:
    "Hint: Please answer the question requiring an integer answer and provide the final value, e.g., 1, 2, 3, at the end.",
  float1:
    "Hint: Please answer the question requiring a floating-point number with one decimal place and provide the final value, e.g., 1.2, 1.3, 1.4, at the end.",
  float2:
    "Hint: Please answer the question requiring a floating-point number with two decimal places and provide the final value, e.g., 1.23, 1.34, 1.45, at the end.",
  list: "Hint: Please answer the question requiring a Python list as an answer and provide the final list, e.g., [1, 2, 3], [1.2, 1.3, 1.4], at the end.",
} as const;

const example = (hint: keyof typeof MATHVISTA_HINTS, question: string, response: string, answer: string): string =>
  `${MATHVISTA_HINTS[hint]}\nQuestion: ${question}\n\nModel response: ${response}\n\nExtracted answer: ${answer}`;

const extractionExamples = [
  "Please read the following example. Then extract the answer from the model response and type it at the end of the prompt.",
  example("integer", "Which number is missing?", "The number missing in the sequence is 14.", "14"),
  example(
    "float1",
    "What is the fraction of females facing the camera?",
    "The fraction of females facing the camera is 0.6, which means that six out of ten females in the group are facing the camera.",
    "0.6",
  ),
  example(
    "float2",
    "How much money does Luca need to buy a sour apple candy and a butterscotch candy? (Unit: $)",
    "Luca needs $1.45 to buy a sour apple candy and a butterscotch candy.",
    "1.45",
  ),
  example(
    "list",
    "Between which two years does the line  graph saw its maximum peak?",
    "The line graph saw its maximum peak between 2007 and 2008.",
    "[2007, 2008]",
  ),
  example(
    "multi_choice",
    "What fraction of the shape is blue?\nChoices:\n(A) 3/11\n(B) 8/11\n(C) 6/11\n(D) 3/5",
    "The correct answer is (B) 8/11.",
    "B",
  ),
].join("\n\n");

/** Extract the answer of a response to MathVista's own `query`. */
export function mathVistaExtraction(query: string, response: string): string {
  return `${extractionExamples}\n\n${query}\n\n${response}\n\nExtracted answer: `;
}

const words = (reply: string): string | undefined => strip(reply) || undefined;

/** MathVista: extract the answer from a response that is not the answer itself. */
export function mathVistaToJudge(
  row: MathVistaProblem & { readonly query: string },
  output: Output,
  scoring: Scoring,
): JudgeQuestion | undefined {
  const text = output.text;
  if (extractWithoutJudge(text, row) !== undefined) return undefined;
  const prompt = userPrompt(mathVistaExtraction(row.query, text));
  // An extraction that is no answer of the kind asked for (`**4.5**`, "4.5 cm") is the judge's failure, not the model's.
  const parse = (reply: string) => {
    const extraction = words(reply);
    return extraction !== undefined && isExtraction(extraction, row, scoring) ? extraction : undefined;
  };
  return { prompt, options: { temperature: 0, maxNewTokens: 256 }, parse, attempts: 5 };
}

export function isExtraction(extraction: string, row: MathVistaProblem, scoring: Scoring): boolean {
  if (!isOfKind(extraction, row)) return false;
  // There no float is normalised that the data set's own precision is given with.
  if (scoring === "lmms-eval") return true;
  try {
    return normalizeExtraction(extraction, row, "official") !== null;
  } catch (error) {
    // The row has no options, or an answer of an unknown type: no extraction helps, and the score says so.
    if (!(error instanceof RangeError)) throw error;
    return true;
  }
}

/** Any text is normalised to the option that is least unlike it, and any text stands for a list: an outage's words are neither. */
function isOfKind(extraction: string, { question_type, answer_type, choices }: MathVistaProblem): boolean {
  if (question_type !== "multi_choice") {
    if (answer_type === "list") return /^\[.*\]$/s.test(extraction);
    return (answer_type !== "integer" && answer_type !== "float") || parseFloatPython(extraction) !== undefined;
  }
  const options = choices ?? [];
  const lettered = Object.fromEntries(options.map((option, i) => [optionLetters(options.length)[i] ?? "", option]));
  if (options.length === 0 || inferChoice(extraction, lettered, "verdict") !== undefined) return true;
  // "6.0" for "6.00", "3/11 ft" for "3/11 feet". What is twice as long is not that near, and would take long to compare.
  const near = options.filter((option) => extraction.length <= 2 * option.length);
  return near.some((option) => levenshtein(extraction, option) * 3 <= extraction.length);
}
