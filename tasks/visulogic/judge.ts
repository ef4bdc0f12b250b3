/** VisuLogic's question to its judge, word for word. */

import type { JudgeQuestion, Output } from "llava-eval";

const SYSTEM = "You are a helpful and precise assistant for extract the final option in the answer.";

export function visuLogicExtraction(solution: string): string {
  return `Extract the option in the solution. Just answer only capital letters. If solution have multi options or has no clear option just answer None.\nSolution: ${solution}\n`;
}

/** The verdict is a letter, or "None"; the authors' script takes any other reply for a wrong letter. */
export function visuLogicToJudge(output: Output): JudgeQuestion {
  return {
    prompt: {
      messages: [
        { role: "system", parts: [{ type: "text", text: SYSTEM }] },
        { role: "user", parts: [{ type: "text", text: visuLogicExtraction(output.text) }] },
      ],
    },
    parse(reply) {
      const said = reply.trim().split("\n")[0]?.split(".")[0]?.trim() ?? "";
      if (/^none$/i.test(said)) return "None";
      return /^[A-D]$/.test(said) ? said : undefined;
    },
  };
}
