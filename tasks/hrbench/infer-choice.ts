/** How lmms-eval's HR-Bench matches an answer (`hrbench/hrbench_evals.py`): an older VLMEvalKit than MMT-Bench's. */

import { type Choices, inferText, splitWords } from "llava-eval";

/** What VLMEvalKit writes for an answer that never came. */
const apiFailure = "Failed to obtain answer via API";

const refusals = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  "Cannot determine the answer",
];

/** The only option's letter among the words, wherever it stands; else the only option whose text occurs; `"Z"` = refused. */
export function inferHrbenchChoice(answer: string, choices: Choices): string | undefined {
  return letterOf(answer, choices) ?? inferText(answer, choices);
}

function letterOf(answer: string, choices: Choices): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  if (refusals.some((refusal) => answer.includes(refusal))) return "Z";
  const words = splitWords(answer.replace(/[.()[\],:;!*#{}]/g, " "));
  const found = Object.keys(choices).filter((letter) => words.includes(letter));
  if (found.length === 0) return words.includes("Z") ? "Z" : undefined;
  return found.length === 1 ? found[0] : undefined;
}
