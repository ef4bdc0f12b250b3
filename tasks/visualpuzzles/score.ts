/** VisualPuzzles (Song et al. 2025): the rule of the authors' fork of lmms-eval and of `VisualPuzzles/utils.py` there. */

import { length, lower, pythonRegex, strip, upper } from "llava-eval";

const letters = ["A", "B", "C", "D"];

const named = [
  "Answer:\\s*\\(([A-Za-z])\\)",
  "(?<!Final )Answer:\\s*([A-Za-z])",
  "Answer:\\s*([A-Za-z])",
  "\\(([A-Za-z])\\)",
];
const marked = ["([A-Za-z])\\)", "\\{([A-Za-z])\\}", "\\$([A-Za-z])\\$", " ([A-Da-d])\\."];
const forms = [...named, ...marked].map((source) => pythonRegex(source, "g"));
const alone = / ([A-Da-d])/g;

/**
 * The letter as it is written, by the first of ten forms with an A to D ("Answer: blue" gives b); else the option that the text names
 * last. `undefined` = the reference draws one.
 */
export function visualPuzzlesLetter(text: string, options: readonly string[] | null): string | undefined {
  const answer = ` ${strip(text)}`;
  for (const form of length(answer) <= 5 ? [...forms, alone] : forms) {
    const letter = [...answer.matchAll(form)]
      .map(([, one = ""]) => one)
      .findLast((one) => letters.includes(upper(one)));
    if (letter !== undefined) return letter;
  }
  return options === null ? undefined : namedOption(answer, options);
}

/** The reference looks for the option as it is written in the lower-cased text: one with a capital is not found there. */
function namedOption(answer: string, options: readonly string[]): string | undefined {
  const lowered = lower(answer);
  const pairs = letters.map((letter, i) => ({ letter, option: options[i] ?? "" }));
  const said = pairs.find(
    ({ option }) => lowered.includes(`answer: ${option}`) || lowered.includes(`answer:${option}`),
  );
  if (said !== undefined) return said.letter;
  let last: { letter: string; at: number } | undefined;
  for (const { letter, option } of pairs) {
    const at = answer.lastIndexOf(option);
    if (at > (last?.at ?? -1)) last = { letter, at };
  }
  return last?.letter;
}

const answered = pythonRegex("\\banswer\\s*:\\s*([A-Z])\\b", "gi");

/** VLMEvalKit's: the letter alone after the last "Answer:" ("Answer: (B)" has none, and is wrong). */
export function answerLetter(text: string): string | undefined {
  return [...text.matchAll(answered)].at(-1)?.[1];
}
