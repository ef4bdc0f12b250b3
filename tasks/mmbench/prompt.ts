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
  /** Texts that are no hint, beside an absent one. lmms-eval prints all others: of an empty one its blank is left. */
  readonly noHint: readonly string[];
}

type Asked = MmbenchRow & { readonly image: ImageRef; readonly hint?: string | null };

const optionsOf = (row: Asked): string =>
  (["A", "B", "C", "D", "E"] as const)
    .flatMap((letter) => (present(row[letter]) === undefined ? [] : [`${letter}. ${row[letter]}`]))
    .join("\n");

/** Hint, question and options in lmms-eval's form. */
export function mmbenchBody(row: Asked, { header, noHint }: Omit<MmbenchWords, "last">): string {
  const body = `${row.question} ${header}\n${optionsOf(row)}`;
  const hint = row.hint ?? undefined;
  return hint !== undefined && !noHint.includes(hint) ? `${hint} ${body}` : body;
}

/** @param profile `llava`; any other is lmms-eval's form, which leaves an empty line before the instruction */
export function mmbenchPrompt(row: Asked, profile: string, words: MmbenchWords): Prompt {
  if (profile === "llava")
    return userPrompt(row.image, [present(row.hint) ?? [], row.question, optionsOf(row), words.last].flat().join("\n"));
  return userPrompt(row.image, `${mmbenchBody(row, words)}\n\n${words.last}`);
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
