/** LongVideoBench (Wu et al. 2024): one of up to five letters. Sources: lmms-eval `longvideobench/utils.py`, by the author; VLMEvalKit. */

import { byLetter, chosen, inferChoice, type Output, optionLetters, type ScoreContext, type Scored } from "llava-eval";

export interface LongVideoQuestion {
  readonly option0: string;
  readonly option1: string;
  readonly option2: string;
  readonly option3: string;
  readonly option4: string;
  readonly correct_choice: number;
}

/** Options end at the first that is "N/A". */
export function longVideoOptions(row: LongVideoQuestion): readonly string[] {
  const options = [row.option0, row.option1, row.option2, row.option3, row.option4];
  const end = options.indexOf("N/A");
  return end < 0 ? options : options.slice(0, end);
}

/** The letter may be one that the question does not have; without one, one of those it has is drawn, as in the paper. */
export function longVideoScore(row: LongVideoQuestion, { text }: Output, context: ScoreContext): Scored {
  const gold = optionLetters(5)[row.correct_choice] ?? "";
  if (context.scoring === "vlmevalkit") return chosen(inferChoice(text, {}, "longvideobench-vlmevalkit"), gold);
  const letters = optionLetters(longVideoOptions(row).length);
  return byLetter(inferChoice(text, {}, "longvideobench"), gold, letters, context);
}
