/** MMBench's prompts, as lmms-eval and LLaVA write them. */

import {
  type ImageRef,
  inferChoice,
  type JudgeQuestion,
  type Output,
  type Prompt,
  type Scoring,
  userPrompt,
} from "llava-eval";
import { mmbenchMatching } from "./judge.js";
import { type MmbenchRow, mmbenchChoices, present } from "./row.js";

export interface MmbenchWords {
  /** Before the options, in lmms-eval's form. */
  readonly header: string;
  /** The instruction at the end. */
  readonly last: string;
}

/** @param profile `llava`; any other is lmms-eval's form, which leaves an empty line before the instruction */
export function mmbenchPrompt(
  row: MmbenchRow & { readonly image: ImageRef; readonly hint?: string | null },
  profile: string,
  { header, last }: MmbenchWords,
): Prompt {
  const hint = present(row.hint);
  const letters = ["A", "B", "C", "D", "E"] as const;
  const options = letters
    .flatMap((letter) => (present(row[letter]) === undefined ? [] : [`${letter}. ${row[letter]}`]))
    .join("\n");
  if (profile === "llava")
    return userPrompt(row.image, [...(hint === undefined ? [] : [hint]), row.question, options, last].join("\n"));
  const body = `${row.question} ${header}\n${options}`;
  return userPrompt(row.image, `${hint === undefined ? body : `${hint} ${body}`}\n\n${last}`);
}

/** What the judge is asked when the rules find no letter. lmms-eval draws one after three useless replies; here that is no score. */
export function mmbenchQuestionToJudge(row: MmbenchRow, output: Output, scoring: Scoring): JudgeQuestion | undefined {
  const text = output.text;
  const choices = mmbenchChoices(row, scoring);
  if (inferChoice(text, choices, "mmbench") !== undefined) return undefined;
  const options = Object.entries(choices).map(([letter, option]) => `${letter}. ${option}\n`);
  return {
    prompt: userPrompt(mmbenchMatching(row.question, options.join(""), text)),
    options: { temperature: 0, maxNewTokens: 256 },
    parse: (reply) => inferChoice(reply, choices, "verdict"),
    attempts: 3,
  };
}
