/**
 * MathVista as VLMEvalKit (e8e78f05) scores it: options by letter, numbers by value, without the row's precision. Texts and lists are
 * compared with "None", which is known before any judge is asked. Source: `dataset/utils/mathvista.py`.
 */

import {
  inferChoice,
  notJudged,
  optionLetters,
  parseFloatPython,
  parseIntPython,
  rightOrWrong,
  type Score,
  type ScoreContext,
  vlmEvalKit,
} from "llava-eval";
import type { MathVistaProblem } from "./answer.js";
import { isExtraction } from "./judge.js";

type Problem = MathVistaProblem & { readonly query: string; readonly answer?: string | null };

const isChoice = ({ question_type: type }: MathVistaProblem): boolean => type === "multi_choice";
const isNumber = ({ answer_type: type }: MathVistaProblem): boolean => type === "integer" || type === "float";

/** A letter of the options, or a number. */
function valueIn(text: string, row: MathVistaProblem): string | number | undefined {
  if (!isChoice(row)) return row.answer_type === "integer" ? parseIntPython(text) : parseFloatPython(text);
  const letters = optionLetters(row.choices?.length ?? 0);
  return inferChoice(text, Object.fromEntries((row.choices ?? []).map((one, i) => [letters[i], one])), "vlmevalkit");
}

const targetOf = (row: Problem): string | number | undefined =>
  isChoice(row)
    ? optionLetters(row.choices?.length ?? 0)[row.choices?.indexOf(row.answer ?? "") ?? -1]
    : valueIn(row.answer ?? "", row);

/** What needs no judge: any letter, or the right number, which must not be 0: that is false there. */
function readAlone(text: string, row: Problem): string | number | undefined {
  const value = valueIn(text, row);
  return isChoice(row) || (value !== 0 && value === targetOf(row)) ? value : undefined;
}

export const vlmEvalKitJudge = vlmEvalKit.extractionJudge<Problem>({
  of: "mathvista",
  question: ({ query }) => query,
  isRead: (row, text) => !(isChoice(row) || isNumber(row)) || readAlone(text, row) !== undefined,
  isExtraction: (row, extraction) => isExtraction(extraction, row, "official"),
});

export function vlmEvalKitScore(row: Problem, text: string, [extraction]: ScoreContext["verdicts"]): Score {
  const target = row.answer ?? "";
  if (!isChoice(row) && !isNumber(row)) return rightOrWrong(target === "None", text, target);
  const alone = readAlone(text, row);
  if (alone === undefined && typeof extraction !== "string") return notJudged;
  const value = alone ?? valueIn(String(extraction), row);
  const shown = value ?? extraction ?? "";
  return rightOrWrong(value !== undefined && value === targetOf(row), String(shown), target);
}
