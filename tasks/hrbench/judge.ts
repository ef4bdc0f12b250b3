/** What HR-Bench's judges are asked, word for word. */

import { inferChoice, type JudgeQuestion, lower, OPTION_MATCHER, type Output, strip, userPrompt } from "llava-eval";

const matchingExamples =
  "If the meaning of all options are significantly different from the answer, output Z. Your should output a single uppercase character in A, B, C, D (if they are valid options), and Z. \nExample 1: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: a cute teddy bear\nYour output: A\nExample 2: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: Spider\nYour output: Z\nExample 3: \n";

const listed = (choices: HrbenchQuestion["choices"]): string =>
  Object.entries(choices)
    .map(([letter, option]) => `${letter}. ${option}\n`)
    .join("");

/** lmms-eval's: which option an answer means. */
export function hrbenchMatching(question: string, options: string, prediction: string): string {
  const asked = `Question: ${question}\nOptions: ${options}\nAnswer: ${prediction}\nYour output: `;
  return OPTION_MATCHER + matchingExamples + asked;
}

/** The authors': whether an answer is right. @param prompt question and options; @param target "B. red" */
export function hrbenchGrading(prompt: string, target: string, prediction: string): string {
  return `You are a helpful and precise assistant for checking the quality of the answer. Please answer in only yes or no. Given the following question: ${prompt}, the correct answer is: ${target}. Does the following answer correctly answers the question, answer:${prediction}?`;
}

export interface HrbenchQuestion {
  readonly question: string;
  readonly answer: string;
  readonly choices: Readonly<Record<string, string>>;
}

/** The authors' judge says of every answer whether it is right. */
export function gradingQuestion({ question, answer, choices }: HrbenchQuestion, output: Output): JudgeQuestion {
  const words = `${question}\nOptions:\n${listed(choices)}Please select the correct answer from the options above. \n`;
  return {
    prompt: userPrompt(hrbenchGrading(words, `${answer}. ${choices[answer] ?? ""}`, output.text)),
    options: { temperature: 0.2, maxNewTokens: 512 },
    // The authors' script takes "yesterday" for a yes, and whatever is no yes for a no: also "No healthy upstream".
    parse: (reply) => /^[\s"'`*]*(yes|no)["'`*]*\s*(?:$|[.,;:\n])/i.exec(reply)?.[1]?.toLowerCase(),
  };
}

/** lmms-eval asks which option is meant where the rules find none; its options are in lower case by then. */
export function matchingQuestion({ question, choices }: HrbenchQuestion, output: Output): JudgeQuestion | undefined {
  const text = strip(output.text);
  if (inferChoice(text, choices, "hrbench") !== undefined) return undefined;
  const lowered = Object.fromEntries(Object.entries(choices).map(([letter, option]) => [letter, lower(option)]));
  return {
    prompt: userPrompt(hrbenchMatching(question, listed(lowered), text)),
    options: { temperature: 0, maxNewTokens: 256 },
    parse: (reply) => inferChoice(reply, choices, "verdict"),
    attempts: 10,
  };
}
