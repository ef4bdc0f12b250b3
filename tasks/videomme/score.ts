/**
 * Video-MME (Fu et al. 2024) and Video-MME-v2: the letter of one answer. Sources: the authors' `eval_your_results.py` as its many copies
 * have it, MME-Benchmarks/Video-MME-v2 `evaluation/test_video_mme_v2.py`; lmms-eval `videomme/utils.py`, `videomme_v2/utils.py`.
 */

import {
  chosen,
  guessedOr,
  inferChoice,
  type Output,
  optionLetters,
  robustChoice,
  type ScoreContext,
  type Scored,
} from "llava-eval";
import { isStructure } from "./group-score.js";

/** lmms-eval has replaced the authors' rule, in which four phrases are broken, by its own. */
export function videoMmeScore({ answer }: { readonly answer: string }, output: Output, context: ScoreContext): Scored {
  const { text } = output;
  if (context.scoring === "lmms-eval") {
    const { letter, guessed } = robustChoice(text, optionLetters(4));
    return guessedOr(guessed, chosen(letter, answer));
  }
  const rule = context.scoring === "official" ? "video-mme" : "video-mme-vlmevalkit";
  return chosen(inferChoice(text, {}, rule), answer);
}

/** What Video-MME-v2's metrics need of a question's group. */
export interface GroupedQuestion {
  readonly question_id: string;
  readonly answer: string;
  readonly group_type: string;
  readonly group_structure?: string | null;
  readonly level?: number | string | null;
}

/** One rule in all three; what an answer without a letter costs its group is the metric's business. */
export function videoMmeV2Score(row: GroupedQuestion, output: Output): Scored {
  const letter = inferChoice(output.text, {}, "video-mme-v2");
  const { group_type: type } = row;
  const structure = row.group_structure ?? "";
  return {
    ...chosen(letter, row.answer),
    data: { place: placeOf(row), type, structure, level: String(row.level ?? ""), read: letter !== undefined },
  };
}

/** Whether the question has one of four places in a group that there is a rule for. */
export function isInGroup(row: GroupedQuestion): boolean {
  const { group_type: type } = row;
  const structure = row.group_structure ?? "";
  const hasRule = type === "relevance" || (type === "logic" && isStructure(structure));
  return [1, 2, 3, 4].includes(placeOf(row)) && hasRule;
}

/** `001-3` is the third question of its video. */
const placeOf = ({ question_id }: GroupedQuestion): number => Number(question_id.split("-").at(-1));
