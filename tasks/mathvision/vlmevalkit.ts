/**
 * MATH-Vision as VLMEvalKit (e8e78f05) scores it: letters of options, else equal texts or values. Source: `dataset/utils/mathv.py`. There
 * both texts are run as Python; here they are read as numbers and LaTeX.
 */

import {
  inferChoice,
  latexValue,
  lower,
  notJudged,
  optionLetters,
  parseFloatPython,
  rightOrWrong,
  type Score,
  type ScoreContext,
  strip,
  vlmEvalKit,
} from "llava-eval";

interface Problem {
  readonly question: string;
  readonly options: readonly string[];
  readonly answer: string;
}

/** A value that it has only as an expression of sympy's (`sqrt(2)`, `pi`) compares with nothing there. */
const isUnevaluated = (value: number, text: string): boolean =>
  /\\(?:sqrt|pi|sin|cos|tan|ln|log|exp)\b/.test(text) && !Number.isInteger(value);

/** @param a what the name `a` stands for */
function valueIn(text: string, a: number | undefined): number | undefined {
  const bare = text
    .replace(/^\\boxed\{(.*)\}$/s, "$1")
    .replaceAll("^\\circ", "")
    .replaceAll(/\\[dt]frac/g, "\\frac");
  const value =
    parseFloatPython(bare.replace(/^\((.*)\)$/s, "$1")) ??
    latexValue(bare.replaceAll("**", "^"), (name) => (name === "a" ? a : undefined));
  return value === undefined || isUnevaluated(value, bare) ? undefined : value;
}

/**
 * How two texts are equal: as such, by value, or, `by name`, since the reply names the variable `a` in which the reference's value is held
 * when it is run: "A" equals every number.
 */
export function equality(answer: string, reference: string): "text" | "value" | "by name" | undefined {
  const [text, gold] = [answer, reference].map((one) => strip(lower(one))) as [string, string];
  if (text === gold) return "text";
  const isNear = (x: number | undefined, y: number | undefined) =>
    x !== undefined && y !== undefined && Math.abs(x - y) < 1e-6;
  const target = valueIn(gold, undefined);
  if (isNear(target, valueIn(text, undefined))) return "value";
  if (target !== undefined) return isNear(target, valueIn(text, target)) ? "by name" : undefined;
  // The reference is the letter itself: any value will do for it.
  const some = 0.577;
  return gold === "a" && isNear(some, valueIn(text, some)) ? "value" : undefined;
}

const letterIn = (text: string, { options }: Problem, rule: "vlmevalkit" | "verdict" = "vlmevalkit") => {
  const letters = optionLetters(options.length);
  return inferChoice(text, Object.fromEntries(options.map((option, i) => [letters[i], option])), rule);
};

/** What needs no judge: any letter where there are options, else what equals the reference. */
const isRead = (row: Problem, text: string): boolean =>
  row.options.length > 0 ? letterIn(text, row) !== undefined : equality(text, row.answer) !== undefined;

export const vlmEvalKitJudge = vlmEvalKit.extractionJudge<Problem>({
  of: "mathvision",
  question: ({ question }) => question,
  isRead,
  isExtraction: (row, extraction, text) =>
    row.options.length > 0
      ? letterIn(extraction, row, "verdict") !== undefined
      : extraction === row.answer || valueIn(lower(extraction), undefined) !== undefined || text.includes(extraction),
});

export function vlmEvalKitScore(row: Problem, text: string, [extraction]: ScoreContext["verdicts"]): Score {
  const said = isRead(row, text) ? text : extraction;
  if (typeof said !== "string") return notJudged;
  if (row.options.length > 0) {
    const letter = letterIn(said, row);
    return rightOrWrong(letter === row.answer, letter ?? said, row.answer);
  }
  const how = equality(said, row.answer);
  const score = rightOrWrong(how !== undefined, said, row.answer);
  return how === "by name" ? { ...score, remark: "unparsable" } : score;
}
