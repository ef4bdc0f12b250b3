/** MathVista's words and its extraction question; MathVerse's two questions to a judge. Word for word. */

import { type JudgeQuestion, type Output, type Scoring, strip, userPrompt } from "llava-eval";
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
    return extraction !== undefined && (scoring === "lmms-eval" || isExtraction(extraction, row))
      ? extraction
      : undefined;
  };
  return { prompt, options: { temperature: 0, maxNewTokens: 256 }, parse, attempts: 5 };
}

function isExtraction(extraction: string, row: MathVistaProblem): boolean {
  try {
    return normalizeExtraction(extraction, row, "official") !== null;
  } catch (error) {
    // The row has no options, or an answer of an unknown type: no extraction helps, and the score says so.
    if (!(error instanceof RangeError)) throw error;
    return true;
  }
}
