/**
 * TempCompass (Liu et al. 2024): answers that a rule can match; the rest is for the judge. Sources: llyx97/TempCompass `eval_*.py`;
 * lmms-eval `tempcompass/utils.py` and VLMEvalKit `utils/tempcompass.py`, which have the same rules but strip nothing.
 */

import {
  lower,
  notJudged,
  type Output,
  rightOrWrong,
  type Score,
  type ScoreContext,
  type Scoring,
  strip,
} from "llava-eval";

/** True, false, or undefined: the rules cannot say. */
export type Matched = boolean | undefined;

const letters = ["A", "B", "C", "D"];

/** `answer` is the whole option, "B. dancing". */
export function choiceMatch(text: string, answer: string): Matched {
  if (text === answer) return true;
  if (letters.includes(text)) return answer.startsWith(text);
  return ["A.", "B.", "C.", "D.", "A)", "B)", "C)", "D)"].some((mark) => text.startsWith(mark))
    ? answer.startsWith(text.charAt(0))
    : undefined;
}

/** "Nothing moves" begins with "no". */
export function yesNoSaid(text: string): "yes" | "no" | undefined {
  const lowered = lower(text);
  return lowered.startsWith("yes") ? "yes" : lowered.startsWith("no") ? "no" : undefined;
}

/** Options are the question's lines after the first, "Caption A: a cat jumps": the line, its sentence or its mark may be answered. */
export function captionMatch(text: string, question: string, answer: string): Matched {
  const options = question.split("\n").slice(1);
  const marks = options.map((option) => option.split(": ")[0] ?? "");
  const bare = marks.map((mark) =>
    mark.replaceAll("Sentence ", "").replaceAll("Option ", "").replaceAll("Caption ", ""),
  );
  const sentences = options.map((option) => option.split(": ")[1]);
  const behindBracket = text.includes(") ") ? text.split(") ")[1] : undefined;
  const undotted = text.replaceAll(".", "");
  // The last that fits counts, marks after sentences after lines.
  const said = [
    ...options.filter((option) => option === text),
    ...sentences.filter((sentence) => sentence === text || (sentence !== undefined && sentence === behindBracket)),
    ...[...marks, ...bare].filter((mark) => mark === text || mark === undotted),
  ].at(-1);
  if (said === undefined) return undefined;
  const mark = answer.split(": ")[0] ?? "";
  return [answer, answer.split(":")[0], answer.split(": ")[1], mark.split(" ")[1]].includes(said);
}

/** Every option and the answer have the form "Caption A: a cat jumps"; others end the references' run. */
export function hasMarks({ question, answer }: TempCompassQuestion): boolean {
  const options = question.split("\n").slice(1);
  return options.length > 0 && [...options, answer].every((option) => option.includes(": "));
}

/** Whether the answer is one that the rules, or the judge's options, can equal. */
export function canEqual(form: TempCompassForm, row: TempCompassQuestion): boolean {
  switch (form) {
    case "yes_no":
      return row.answer === "yes" || row.answer === "no";
    case "caption_matching":
      return hasMarks(row);
    case "multi-choice":
    case "captioning":
      return /^[A-D][.)] ?\S/.test(row.answer);
  }
}

export type TempCompassForm = "multi-choice" | "yes_no" | "caption_matching" | "captioning";

export interface TempCompassQuestion {
  readonly question: string;
  readonly answer: string;
  readonly dim: string;
}

/** What the authors match: the end mark and outer white space are no part of the answer. */
export const matchedText = (text: string, scoring: Scoring): string =>
  scoring === "official" ? strip(text.replaceAll("</s>", "")) : text;

/** The rules' verdict; captions have none. */
export function matchOf(form: TempCompassForm, { question, answer }: TempCompassQuestion, text: string): Matched {
  switch (form) {
    case "multi-choice":
      return choiceMatch(text, answer);
    case "yes_no": {
      const said = yesNoSaid(text);
      return said === undefined ? undefined : said === answer;
    }
    case "caption_matching":
      return captionMatch(text, question, answer);
    case "captioning":
      return undefined;
  }
}

/** By the rules, else by the judge; VLMEvalKit's exact matching, without a judge, takes the rest for wrong. */
export function tempCompassScore(
  form: TempCompassForm,
  row: TempCompassQuestion,
  output: Output,
  { scoring, verdicts }: ScoreContext,
): Score {
  const text = matchedText(output.text, scoring);
  const matched = matchOf(form, row, text);
  const right = matched ?? (scoring === "vlmevalkit" ? false : verdicts[0]);
  return typeof right === "boolean" ? rightOrWrong(right, text, row.answer) : notJudged;
}
