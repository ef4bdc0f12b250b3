/** EMMA's question to its judge, word for word, and its reading. */

import { type JudgeQuestion, userPrompt } from "llava-eval";

const EXAMPLES = `Please read the following example. Then determine whether the response is correct and type it \nat the end of the prompt. It is worth noting that the final answer in the response is usually in \\boxed{}, \nYou only need to compare the final answer in the response with the answer, without considering the logical \ncorrectness of the response itself.

Response: The correct answer is:

A

Answer: A

Correct_or_not: Correct

Response: The correct option is:

\\[
\\boxed{E}
\\]

Answer: C

Correct_or_not: Incorrect`;

export function emmaGrading(response: string, target: string): string {
  return `${EXAMPLES}\nResponse: ${response}\nAnswer: ${target}\nCorrect_or_not:`;
}

/** A few words that end in one of the two: lmms-eval looks for them anywhere, and takes "not correct" for a yes. */
const short = /^\P{L}*(?:\p{L}+\P{L}+){0,3}(?:in)?correct[^\p{L}\p{N}?]*$/u;

export function emmaVerdict(reply: string): 0 | 1 | undefined {
  const words = reply.trim().toLowerCase();
  if (!short.test(words)) return undefined;
  return words.includes("incorrect") ? 0 : 1;
}

export function emmaToJudge(response: string, target: string): JudgeQuestion {
  return { prompt: userPrompt(emmaGrading(response, target)), options: { temperature: 0 }, parse: emmaVerdict };
}
