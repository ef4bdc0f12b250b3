/** The questions that benchmarks put to a judge, word for word: a judge's score depends on them. */

import { type ImageRef, type Prompt, userPrompt } from "llava-eval";

/** LLaVA's reviewer is introduced by this system message. */
export const REVIEWER = "You are a helpful and precise assistant for checking the quality of the answer.";

const twoScores =
  "Please first output a single line containing only two values indicating the scores for Assistant 1 and 2, respectively. The two scores are separated by a space.\nIn the subsequent line, please provide a comprehensive explanation of your evaluation, avoiding any potential bias and ensuring that the order in which the responses were presented does not affect your judgment.";

/** LLaVA-Bench (in the wild): the same for conversations, details and complex reasoning. */
export const LLAVA_BENCH_RULE = `We would like to request your feedback on the performance of two AI assistants in response to the user question displayed above. The user asks the question on observing an image. For your reference, the visual content in the image is represented with a few sentences describing the image. \nPlease rate the helpfulness, relevance, accuracy, level of details of their responses. Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall performance.\n${twoScores}`;

/** LLaVA-Bench Wilder: the judge sees the image and takes the reference for perfect. */
export const WILDER_RULE = `We would like to request your feedback on the performance of two AI assistants in response to the user question displayed above. The user asks the question on observing an image shown to you. \nPlease rate the helpfulness, relevance, accuracy, level of details of their responses. Each assistant receives an overall score on a scale of 1 to 10, where a higher score indicates better overall performance. Assume assistant 1 always receive a score of 10 and is the correct answer.\n${twoScores}`;

export interface Review {
  readonly context?: string;
  readonly question: string;
  /** Assistant 1. */
  readonly reference: string;
  /** Assistant 2: the model. */
  readonly answer: string;
  readonly rule: string;
}

/** LLaVA's pairwise review. */
export function reviewText({ context, question, reference, answer, rule }: Review): string {
  const assistant = (number: number, text: string) =>
    `[Assistant ${number}]\n${text}\n\n[End of Assistant ${number}]\n\n`;
  const described = context === undefined ? "" : `[Context]\n${context}\n\n`;
  return `${described}[Question]\n${question}\n\n${assistant(1, reference)}${assistant(2, answer)}[System]\n${rule}\n\n`;
}

/** A user message after a system message. */
export function withSystem(system: string, ...parts: readonly (string | ImageRef)[]): Prompt {
  const { messages } = userPrompt(...parts);
  return { messages: [{ role: "system", parts: [{ type: "text", text: system }] }, ...messages] };
}
