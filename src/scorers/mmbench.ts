/** MMBench (Liu et al. 2023): one pass of one question. Source: lmms-eval `mmbench/mmbench_evals.py`, after VLMEvalKit. */

import type { Output } from "../core/runner.js";
import type { Score, ScoreContext, Scored } from "../core/score.js";
import { type Choices, inferChoice } from "../text/infer-choice.js";
import { type MmbenchRow, mmbenchChoices } from "../text/mmbench-row.js";
import { stripReasoning } from "../text/reasoning-tags.js";
import { robustChoice } from "../text/robust-choice.js";
import { chosen, notJudged } from "./scored.js";

/** The letter that the rules find; undefined = ask the judge. */
export { inferChoice as matchedLetter } from "../text/infer-choice.js";

/** Without a judge: the rules, else the letter extractor of lmms-eval's static variant; `""` when nothing is found. */
export function staticLetter(prediction: string, choices: Choices): string {
  return inferChoice(prediction, choices) ?? robustChoice(prediction, Object.keys(choices).sort());
}

export function mmbenchStaticScore(row: MmbenchRow, output: Output, { scoring }: ScoreContext): Scored {
  const letter = staticLetter(stripReasoning(output.text), mmbenchChoices(row, scoring));
  return pass(row, chosen(letter, row.answer ?? ""));
}

/** By the rules, else by the judge's letter; "?" where lmms-eval draws one after three useless replies. */
export function mmbenchJudgedScore(row: MmbenchRow, output: Output, context: ScoreContext): Score {
  const choices = mmbenchChoices(row, context.scoring);
  const letter = inferChoice(stripReasoning(output.text), choices) ?? context.verdicts[0];
  if (letter === "?")
    return pass(row, { ...chosen(context.draw([..."ABCDE"]), row.answer ?? ""), label: "unparsable" });
  return typeof letter === "string" ? pass(row, chosen(letter, row.answer ?? "")) : notJudged;
}

/** `pass` counts every pass; `vanilla` is the first pass alone, as a benchmark without rotations would count. */
function pass(row: MmbenchRow, score: Scored): Scored {
  const first = Number(row.index) < 1_000_000;
  const right = score.value as number;
  return { ...score, value: first ? { pass: right, vanilla: right } : { pass: right }, data: { first } };
}
