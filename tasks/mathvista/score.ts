/** MathVista (Lu et al. 2024): an extraction against the answer. Source: `evaluation/calculate_score.py`. */

import { notJudged, type Output, python, type Score, type ScoreContext, type Scoring } from "llava-eval";
import { extractWithoutJudge, type MathVistaProblem, mathVistaEqual, normalizeExtraction } from "./answer.js";

/** The normalised extraction and whether it is right; null when it has not the form of the answer. */
export function scoreExtraction(
  extraction: unknown,
  problem: MathVistaProblem & { readonly answer?: unknown },
  scoring: Scoring,
): { readonly prediction: string | null; readonly correct: boolean } {
  const prediction = normalizeExtraction(extraction, problem, scoring);
  return { prediction, correct: mathVistaEqual(prediction, problem.answer, scoring) };
}

/** The extraction and whether it is the answer. */
export function mathVistaScore(
  row: MathVistaProblem & { readonly answer?: string | null },
  output: Output,
  context: ScoreContext,
): Score {
  const text = output.text;
  const extraction = extractWithoutJudge(text, row) ?? context.verdicts[0];
  if (typeof extraction !== "string") return notJudged;
  // The column is a float64: with lmms-eval's rule that makes every float answer wrong.
  const precision = typeof row.precision === "number" ? new python.Float(row.precision) : row.precision;
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
