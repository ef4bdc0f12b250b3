/** VLMEvalKit's question to its judge about a solution: what is the answer in it? Word for word; MathVista and MATH-Vision differ in their hints. */

/** What the examples ask for, in their order; the last example's is about options. */
export type ExtractionHints = readonly [integer: string, float1: string, float2: string, list: string];

const ANSWER = "Hint: Please answer the question and provide the final answer at the end.";
const number = (kind: string, example: string): string =>
  `Hint: Please answer the question requiring ${kind} and provide the final value,\ne.g., ${example}, at the end.`;

export const extractionHints = {
  mathvista: [
    number("an integer answer", "1, 2, 3"),
    number("a floating-point number with one decimal place", "1.2, 1.3, 1.4"),
    number("a floating-point number with two decimal places", "1.23, 1.34, 1.45"),
    "Hint: Please answer the question requiring a Python list as an answer and provide the final list,\ne.g., [1, 2, 3], [1.2, 1.3, 1.4], at the end.",
  ],
  mathvision: [ANSWER, ANSWER, ANSWER, ANSWER],
} as const satisfies Readonly<Record<string, ExtractionHints>>;

const example = (hint: string, question: string, response: string, answer: string): string =>
  `${hint}\n\nQuestion: ${question}\n\nModel response: ${response}\n\nExtracted answer: ${answer}`;

/** The question as the model was asked it, and its response behind a misspelt word. */
export function extractionWords(hints: ExtractionHints, question: string, response: string): string {
  const [integer, float1, float2, list] = hints;
  const examples = [
    example(integer, "Which number is missing?", "The number missing in the sequence is 14.", "14"),
    example(
      float1,
      "What is the fraction of females facing the camera?",
      "The fraction of females facing the camera is 0.6,\nwhich means that six out of ten females in the group are facing the camera.",
      "0.6",
    ),
    example(
      float2,
      "How much money does Luca need to buy a sour apple candy and a butter-scotch candy? (Unit: $)",
      "Luca needs $1.45 to buy a sour apple candy and a butterscotch candy.",
      "1.45",
    ),
    example(
      list,
      "Between which two years does the line graph saw its maximum peak?",
      "The line graph saw its maximum peak between 2007 and 2008.",
      "[2007, 2008]",
    ),
    example(
      "Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.",
      "What fraction of the shape is blue?\n\nChoices: (A) 3/11 (B) 8/11 (C) 6/11 (D) 3/5",
      "The correct answer is (B) 8/11.",
      "B",
    ),
  ];
  const start =
    "\nPlease read the following example.\nThen extract the answer from the model response and type it at the end of the prompt.";
  return `${[start, ...examples].join("\n\n\n")}\n\n${question}\nModel respone: ${response}Extracted answer:`;
}
