/** MMVP in lmms-eval: `mmvp/utils.py`. The authors' judge is in judge.ts. */

import { lower, pythonRegex, strip, upper } from "llava-eval";

const letters = [
  "^\\s*\\(?([AB])\\)?\\.?\\s*$",
  "^\\s*\\(?([AB])\\)?[\\.\\s]",
  "answer\\s+is\\s+\\(?([AB])\\)?",
  "option\\s+\\(?([AB])\\)?",
  "\\(?([AB])\\)?(?:\\s|$)", // also at the end of a word: "I see a" is A, "Grab it" is B
].map((source) => pythonRegex(source, "i"));

/** The letter by the first of five forms that occurs, else the first character if it is one; `""` without any. */
export function mmvpLetter(text: string): string {
  const answer = strip(text);
  for (const form of letters) {
    const letter = form.exec(answer)?.[1];
    if (letter !== undefined) return upper(letter);
  }
  return /^[ab]/i.test(answer) ? upper(answer.charAt(0)) : "";
}

const option = pythonRegex("\\([a-z]\\)\\s*([^(]+?)(?=\\s*\\([a-z]\\)|$)", "gi");

/** `(a) Open (b) Closed` as its options; one with a bracket of its own loses what stands before it. */
export function mmvpOptions(text: string): readonly string[] {
  return [...text.matchAll(option)].map(([, words = ""]) => strip(words));
}

/** `(a)`, `a` and `(a) Open` are A. */
export function mmvpTarget(answer: string): string {
  const target = lower(strip(answer));
  const named = ["a", "b"].find((letter) => target.includes(`(${letter})`) || target === letter);
  return upper(named ?? target);
}
