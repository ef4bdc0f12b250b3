/** MathVista (Lu et al. 2024): an extraction against the answer. Source: `evaluation/calculate_score.py`. */

import type { Scoring } from "../core/score.js";
import { type MathVistaProblem, mathVistaEqual, normalizeExtraction } from "../text/math-vista-answer.js";

/** The normalised extraction and whether it is right; null when it has not the form of the answer. */
export function scoreExtraction(
  extraction: unknown,
  problem: MathVistaProblem & { readonly answer?: unknown },
  scoring: Scoring,
): { readonly prediction: string | null; readonly correct: boolean } {
  const prediction = normalizeExtraction(extraction, problem, scoring);
  return { prediction, correct: mathVistaEqual(prediction, problem.answer, scoring) };
}
