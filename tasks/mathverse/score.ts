/** MathVerse (Zhang et al. 2024): what becomes of the judge's verdicts. */

import { notJudged, type Output, type Score, type ScoreContext } from "llava-eval";
import { isReference } from "./vlmevalkit.js";

/** MathVerse: 1 or 0 as the last verdict says; the extraction, if there was one, is the answer. */
export function mathVerseScore(row: { readonly answer: string }, output: Output, context: ScoreContext): Score {
  const { scoring, verdicts } = context;
  const [extraction] = verdicts;
  const isSame = scoring === "vlmevalkit" && isReference(extraction, row.answer);
  const verdict = isSame ? 1 : verdicts.at(-1);
  if (verdict !== 0 && verdict !== 1) return notJudged;
  const answer = scoring === "lmms-eval" ? output.text : String(extraction);
  return { status: "scored", value: verdict, answer, targets: [row.answer] };
}
