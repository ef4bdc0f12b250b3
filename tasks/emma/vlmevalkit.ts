/**
 * EMMA by VLMEvalKit's `image_shortqa.py`: a row with options and a letter as any question with options, and the judge where the rules read no
 * letter; any other by the judge alone.
 */

import { chosen, length, notJudged, rightOrWrong, type Score, strip, type Task, vlmEvalKit } from "llava-eval";
import type { Problem } from "./prompt.js";
import { shortAnswerGrading, shortAnswerToJudge } from "./short-answer-judge.js";

type Row = Problem & { readonly answer: string };

/** Its file's marks. */
const asWritten = (text: string): string => text.replace(/<image_(\d)>/g, "<image $1>");

function choiceOf({ question, options, answer }: Row) {
  const [first = ""] = options ?? [];
  if (vlmEvalKit.isMissingCell(first) || length(answer) !== 1) return undefined;
  return { question: asWritten(question), options: (options ?? []).map(asWritten), gold: answer, images: [] };
}

type Judge = NonNullable<NonNullable<Task<Row>["judgesByScoring"]>["vlmevalkit"]>;

export const vlmEvalKitJudge: Judge = {
  model: "gpt-4o-mini",
  template: `${vlmEvalKit.choice.template}\n${shortAnswerGrading("{question}", "{target}", "{response}")}`,
  ask(row, { text }, verdicts) {
    if (verdicts.length > 0) return undefined;
    const choice = choiceOf(row);
    if (choice === undefined) return shortAnswerToJudge(asWritten(row.question), row.answer, text);
    return vlmEvalKit.choice.inferred(choice, text) === undefined ? vlmEvalKit.choice.toJudge(choice, text) : undefined;
  },
};

export function vlmEvalKitScore(row: Row, text: string, verdict: unknown): Score {
  const choice = choiceOf(row);
  if (choice === undefined)
    return typeof verdict === "number" ? rightOrWrong(verdict === 1, strip(text), row.answer) : notJudged;
  const letter = vlmEvalKit.choice.inferred(choice, text) ?? verdict;
  return typeof letter === "string" ? chosen(letter, choice.gold) : notJudged;
}
