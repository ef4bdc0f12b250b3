/** MMVP's question to its judge, word for word: tsb0601/MMVP `scripts/gpt_grader.py`. */

import type { JudgeQuestion, Output } from "llava-eval";

const SYSTEM =
  "You are a helpful and precise assistant for checking the quality of the answer. Please answer in only yes or no.";

export function mmvpGrading(question: string, target: string, prediction: string): string {
  return `Given the following question ${question}, the correct answer is ${target}. Does the following answer correctly answers the question, answer:${prediction}?`;
}

/** @param question the question and its options, as the authors ask it */
export function mmvpToJudge(question: string, target: string, output: Output): JudgeQuestion {
  const words = mmvpGrading(question, target, output.text);
  return {
    prompt: {
      messages: [
        { role: "system", parts: [{ type: "text", text: SYSTEM }] },
        { role: "user", parts: [{ type: "text", text: words }] },
      ],
    },
    options: { temperature: 0.2, maxNewTokens: 64 },
    // Only the bare word counts, as there; their script takes any other reply for a no.
    parse: (reply) => /^(yes|no)$/i.exec(reply.trim())?.[1]?.toLowerCase(),
  };
}
