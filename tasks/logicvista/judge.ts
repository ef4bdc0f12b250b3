/** LogicVista's question to its judge, word for word as VLMEvalKit asks it, and what the reply may be. */

import { type JudgeQuestion, userPrompt } from "llava-eval";

const EXAMPLES = [
  ["What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog", "a cute teddy bear", "A"],
  ["What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog", "Spider", "Z"],
  [
    "Which figure is a rotation of the object?",
    'The figure on the right, labeled "D," is a rotation of the object shown in the top left corner.',
    "D",
  ],
  [
    "Which of the boxes comes next in the sequence? Select from A-E",
    "The sequence of the boxes is A, B, C, D, E.",
    "ABCDE",
  ],
] as const;

const REQUEST =
  "You are a information extractor that extracts multiple choice letter answer choices from a paragraph that contains the answer choice and sometimes explaination of why that choice is correct to the given question.\nWhat letter did the following answer choose? If the answer did not select a letter answer choice, first try to infer the answer based off the given choices.\nIf it does not seem like the given answer corresponds to an answer choice OR if there is no selected answer, please just respond with Z.\nMake sure you answer with ONLY the letters chosen.\n";

const asked = (number: number, question: string, answer: string): string =>
  `Example ${number}: \nQuestion: <start>\n${question}\n<end>\nAnswer: <start>\n${answer}\n<end>\nYour output: `;

export function logicVistaExtraction(question: string, prediction: string): string {
  const examples = EXAMPLES.map(([of, said, letters], i) => `${asked(i + 1, of, said)}${letters}\n`);
  return REQUEST + examples.join("") + asked(EXAMPLES.length + 1, question, prediction);
}

/** Letters of options alone, or a Z for none: VLMEvalKit takes any word in capitals, also a service's "ERROR". */
export function chosenLetters(reply: string): string | undefined {
  return /^(?:[A-J]+|Z)$/.exec(reply)?.[0];
}

export function logicVistaToJudge(question: string, prediction: string): JudgeQuestion {
  return {
    prompt: userPrompt(logicVistaExtraction(question, prediction)),
    options: { temperature: 0, maxNewTokens: 128 },
    parse: chosenLetters,
    attempts: 5,
  };
}
