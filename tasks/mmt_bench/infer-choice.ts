/** VLMEvalKit's `can_infer` (`matching_util.py`), which the authors' repository uses; it has diverged from lmms-eval's. */

import { type Choices, inferText, length, lower, splitWords } from "llava-eval";

/** What VLMEvalKit writes for an answer that never came. */
const apiFailure = "Failed to obtain answer via API";

const refusals = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  "Cannot determine the answer",
];

const brackets = /[.()[\],:;!*#{}]/g;

// The reference's pattern has two optional repetitions of `*`; bounded white space keeps it linear, as `\s+` is
// anchored by the words around it.
const verboseAnswer = /answer\s+is\s+\**([ABCD])/iu;

/** VLMEvalKit's rule for the letter. `"Z"` = the model refused. */
export function inferOptionVlmEvalKit(answer: string, choices: Choices): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  if (refusals.some((refusal) => answer.includes(refusal))) return "Z";
  const words = splitWords(answer.replace(brackets, " "));
  const found = Object.keys(choices).filter((letter) => words.includes(letter));
  if (found.length === 1) {
    const letter = found[0] as string;
    if (words.indexOf(letter) > words.length - 5) return letter;
  } else if (found.length === 0 && words.includes("Z")) return "Z";
  const named = verboseAnswer.exec(answer)?.[1]?.toUpperCase();
  return named !== undefined && named in choices ? named : undefined;
}

/** VLMEvalKit's rule for the text: an answer longer than twice all options together is not searched. */
export function inferTextVlmEvalKit(answer: string, choices: Choices): string | undefined {
  const size = Object.values(choices).reduce((sum, option) => sum + length(option), 0);
  return length(lower(answer)) > 2 * size ? undefined : inferText(answer, choices);
}

export function inferChoiceVlmEvalKit(answer: string, choices: Choices): string | undefined {
  return inferOptionVlmEvalKit(answer, choices) ?? inferTextVlmEvalKit(answer, choices);
}
