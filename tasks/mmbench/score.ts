/** MMBench (Liu et al. 2023): one pass of one question. Source: lmms-eval `mmbench/mmbench_evals.py`, after VLMEvalKit. */

import {
  chosen,
  guessedOr,
  inferChoice,
  notJudged,
  type Output,
  robustChoice,
  type Score,
  type ScoreContext,
  type Scored,
} from "llava-eval";
import { indexOf, type MmbenchRow, mmbenchChoices } from "./row.js";

/** lmms-eval's static variant, without a judge: the rules, else its letter extractor. */
export function staticLetter(
  prediction: string,
  choices: Readonly<Record<string, string>>,
): ReturnType<typeof robustChoice> {
  const letter = inferChoice(prediction, choices, "mmbench");
  return letter === undefined ? robustChoice(prediction, Object.keys(choices).sort()) : { letter, guessed: false };
}

/** Without a judge an answer that the rules cannot match is wrong, as in the authors' code (VLMEvalKit's "Z"). */
export function mmbenchStaticScore(row: MmbenchRow, output: Output, { scoring }: ScoreContext): Scored {
  const text = output.text;
  const choices = mmbenchChoices(row, scoring);
  const gold = row.answer ?? "";
  if (scoring === "official") return mmbenchPass(row, chosen(inferChoice(text, choices, "mmbench"), gold));
  const { letter, guessed } = staticLetter(text, choices);
  return mmbenchPass(row, guessedOr(guessed, chosen(letter, gold)));
}

/** The row's letter is one of its options'. */
export function mmbenchHasReference(row: MmbenchRow): boolean {
  return Number.isInteger(indexOf(row)) && Object.keys(mmbenchChoices(row, "official")).includes(row.answer ?? "");
}

/** By the rules, else by the judge's letter. */
export function mmbenchJudgedScore(row: MmbenchRow, output: Output, context: ScoreContext): Score {
  const choices = mmbenchChoices(row, context.scoring);
  const letter = inferChoice(output.text, choices, "mmbench") ?? context.verdicts[0];
  return typeof letter === "string" ? mmbenchPass(row, chosen(letter, row.answer ?? "")) : notJudged;
}

/** `pass` counts every pass; `vanilla` is the first pass alone, as a benchmark without rotations would count. */
export function mmbenchPass(row: MmbenchRow, score: Scored): Scored {
  const first = Number(row.index) < 1_000_000;
  const right = score.value as number;
  return { ...score, value: first ? { pass: right, vanilla: right } : { pass: right }, data: { first } };
}
