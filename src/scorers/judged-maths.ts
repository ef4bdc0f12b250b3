/** MathVista and MathVerse: what becomes of their judges' verdicts. */

import type { Output } from "../core/runner.js";
import type { Score, ScoreContext } from "../core/score.js";
import { extractWithoutJudge, type MathVistaProblem } from "../text/math-vista-answer.js";
import { PythonFloat } from "../text/python-numbers.js";
import { strip } from "../text/python-strings.js";
import { scoreExtraction } from "./math-vista.js";
import { notJudged } from "./scored.js";

/** The extraction and whether it is the answer. */
export function mathVistaScore(
  row: MathVistaProblem & { readonly answer?: string | null },
  output: Output,
  context: ScoreContext,
): Score {
  const text = strip(output.text);
  const extraction = extractWithoutJudge(text, row) ?? context.verdicts[0];
  if (typeof extraction !== "string") return notJudged;
  // The column is a float64: with lmms-eval's rule that makes every float answer wrong.
  const precision = typeof row.precision === "number" ? new PythonFloat(row.precision) : row.precision;
  const problem = { ...row, ...(precision === undefined ? {} : { precision }) };
  let scored: ReturnType<typeof scoreExtraction>;
  try {
    scored = scoreExtraction(extraction, problem, context.scoring);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { status: "unscored", reason: "data", detail: error.message };
  }
  const { prediction, correct } = scored;
  return {
    status: "scored",
    value: correct ? 1 : 0,
    answer: prediction ?? "",
    targets: row.answer ? [row.answer] : [],
  };
}

/** MathVerse: 1 or 0 as the last verdict says; the extraction, if there was one, is the answer. */
export function mathVerseScore(row: { readonly answer: string }, output: Output, context: ScoreContext): Score {
  const verdict = context.verdicts.at(-1);
  if (verdict !== 0 && verdict !== 1) return notJudged;
  const answer = context.scoring === "official" ? String(context.verdicts[0]) : strip(output.text);
  return { status: "scored", value: verdict, answer, targets: [row.answer] };
}
