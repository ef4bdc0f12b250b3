/** lmms-eval's question to its judge, word for word, and its reading. */

import { type JudgeQuestion, userPrompt } from "llava-eval";

export function olympiadGrading(question: string, target: string, prediction: string): string {
  // The backslash of "boxed" is an escape in lmms-eval's source: what its judge sees begins with a backspace.
  return `You are given a question, a solution and the correct answer. Please determine if the solution matches the correct answer.
Focus only on the mathematical or semantic correctness of the content. Ignore any differences in formatting, such as LaTeX syntax, symbols, styles, or additional wrappers (e.g., \boxed, $...$, or similar). Compare only the core mathematical or textual meaning of the solution and the correct answer.
The process or reasoning leading to the Solution is irrelevant, ONLY the correctness of the result matters.
Return only "Yes" if the solution is correct or "No" if it is incorrect.
Only return "Yes" or "No" with no additional text or formatting.

Question: ${question}

Response: ${prediction}

Ground Truth: ${target}`;
}

export function olympiadVerdict(reply: string): 0 | 1 | undefined {
  const word = /^[*"'`]*(yes|no)[*"'`]*\.?$/i.exec(reply.trim())?.[1]?.toLowerCase();
  return word === undefined ? undefined : word === "yes" ? 1 : 0;
}

export function olympiadToJudge(question: string, target: string, prediction: string): JudgeQuestion {
  return {
    prompt: userPrompt(olympiadGrading(question, target, prediction)),
    options: { temperature: 0 },
    parse: olympiadVerdict,
  };
}
