/** MathVerse (Zhang et al. 2024): what becomes of the judge's verdicts. */

import { notJudged, type Output, type Score, type ScoreContext } from "llava-eval";

/** MathVerse: 1 or 0 as the last verdict says; the extraction, if there was one, is the answer. */
export function mathVerseScore(row: { readonly answer: string }, output: Output, context: ScoreContext): Score {
  const verdict = context.verdicts.at(-1);
  if (verdict !== 0 && verdict !== 1) return notJudged;
  const answer = context.scoring === "official" ? String(context.verdicts[0]) : output.text;
  return { status: "scored", value: verdict, answer, targets: [row.answer] };
}
