/** CMMMU (Zhang et al. 2024): right or wrong for one question. Source: lmms-eval `cmmmu/utils.py`. */

import { byLetter, type Output, optionLetters, rightOrWrong, type ScoreContext, type Scored } from "llava-eval";
import { parseCmmmuChoice } from "./cmmmu-choice.js";
import { majorityVerdict, matchesOpen, normalizeBlank, parseBlank, parseVerdicts } from "./open-answer.js";

export interface CmmmuQuestion {
  readonly type: "选择" | "判断" | "填空";
  readonly options: readonly string[];
  readonly answer: string;
}

/** Letters by frequency, the majority of verdicts, or any candidate for a blank; ties and unread letters are drawn. */
export function cmmmuScore(row: CmmmuQuestion, output: Output, context: ScoreContext): Scored {
  const text = output.text;
  switch (row.type) {
    case "选择":
      return byLetter(parseCmmmuChoice(text, row.options), row.answer, optionLetters(row.options.length), context);
    case "判断":
      return byLetter(majorityVerdict(parseVerdicts(text)), row.answer, ["对", "错"], context);
    case "填空": {
      const candidates = parseBlank(text, row.answer);
      return rightOrWrong(matchesOpen(candidates, normalizeBlank(row.answer, row.answer)), text, row.answer);
    }
  }
}
