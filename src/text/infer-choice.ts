/**
 * How MMBench (Liu et al. 2023) matches an answer to an option before it asks a judge: `can_infer` of lmms-eval's
 * `mmbench_evals.py` and of VLMEvalKit's `matching_util.py`, which has since diverged.
 */

import { length, lower, splitWords } from "./python-strings.js";

export type Choices = Readonly<Record<string, string>>;

const apiFailure = "Failed to obtain answer via API";

const surroundings: readonly (readonly [string, string])[] = [
  ["", "."],
  ["", ","],
  ["", ":"],
  ["", ")"],
  ["", ")."],
  ["(", ")"],
  ["(", ")."],
  [":", ""],
  [":", ","],
  [":", "."],
  [":", ")"],
  [":", ")."],
];

/** A letter that stands alone (A to E are tried, however many options there are); `undefined` = not decided. */
export function inferOption(answer: string): string | undefined {
  if (answer.includes(apiFailure)) return undefined;
  const words = splitWords(answer);
  const present = new Set(words);
  const only = (prefix: string, suffix: string): string | undefined => {
    const found = [..."ABCDE"].filter((letter) => present.has(prefix + letter + suffix));
    return found.length === 1 ? found[0] : undefined;
  };
  const alone = only("", "");
  // "A cat sits there": with more than three words a lone A may be the article.
  if (alone !== undefined && !(alone === "A" && words.length > 3)) return alone;
  for (const [prefix, suffix] of surroundings) {
    const letter = only(prefix, suffix);
    if (letter !== undefined) return letter;
  }
  return undefined;
}

/** The only option whose text occurs in the answer, ignoring case. */
export function inferText(answer: string, choices: Choices): string | undefined {
  const text = lower(answer);
  const found = Object.keys(choices).filter((letter) => text.includes(lower(choices[letter] ?? "")));
  return found.length === 1 ? found[0] : undefined;
}

/** MMBench's rule: the letter, else the option's text, else `undefined` ("ask the judge"). */
export function inferChoice(answer: string, choices: Choices): string | undefined {
  return inferOption(answer) ?? inferText(answer, choices);
}

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
