/** VLMEvalKit's request to its judge: a reply anew, in the answer's form. */

import type { JudgeQuestion } from "llava-eval";
import { type AnswerType, betweenBraces, typedAnswer } from "./score.js";

const SYSTEM =
  "You are a helpful assistant that helps me to format free-form answers into a short answer according to the instruction.\n";

const INSTRUCTIONS: Readonly<Record<AnswerType, string>> = {
  "multiple choice": "Output the corresponing choice option, such as 'A', 'B', 'C', 'D', in a single line.",
  float: "Output a three-digit floating-point number in a single line.",
  text: "Output a short answer in a single line. Any float numbers in the answer should be formatted as three-digit floating-point numbers.",
};

export function dynaMathFormatting(reply: string, type: AnswerType): string {
  return `Free-form answer: ${reply}\nInstruction: ${INSTRUCTIONS[type]}`;
}

/** A line with nothing but the number or the letter: "503 overloaded" begins with a number, too. */
function inForm(reply: string, type: AnswerType): string | number | undefined {
  const line = reply.trim();
  const isAlone = type === "float" ? /^[+-]?[\d.]+(?:e[+-]?\d+)?π?$/i.test(line) : /^\(?[A-E]\)?\.?$/i.test(line);
  return isAlone ? typedAnswer(line, type) : undefined;
}

export function dynaMathToJudge(text: string, type: AnswerType): JudgeQuestion {
  const words = dynaMathFormatting(betweenBraces(text), type);
  return {
    prompt: {
      messages: [
        { role: "system", parts: [{ type: "text", text: SYSTEM }] },
        { role: "user", parts: [{ type: "text", text: words }] },
      ],
    },
    options: { temperature: 0 },
    parse: (reply) => inForm(reply, type),
  };
}
