/**
 * MVBench (Li et al. 2024): is the option named. Sources: OpenGVLab/Ask-Anything `video_chat2/mvbench.ipynb` (`check_ans`); lmms-eval
 * `mvbench/utils.py`; VLMEvalKit `utils/mvbench.py`, which has the authors' rule.
 */

import {
  lower,
  type Output,
  optionLetters,
  pythonRegex,
  rightOrWrong,
  type ScoreContext,
  type Scored,
  strip,
} from "llava-eval";

export interface MvbenchQuestion {
  readonly candidates: readonly string[];
  readonly answer: string;
}

/** The letter of the first candidate that equals the answer. */
export function goldLetter({ candidates, answer }: MvbenchQuestion): string | undefined {
  return optionLetters(candidates.length)[candidates.indexOf(answer)];
}

const marks = [...';/[]"{}()=+\\_-><@`,?!'];
const commaInNumber = pythonRegex("\\d,\\d");
// re.UNICODE (= 32) stands where the count does, as in the VQA script that this comes from.
const period = /\.(?!\p{Nd})/gu;
const periodsRemoved = 32;

function withoutMarks(text: string): string {
  const numbered = commaInNumber.test(text);
  let out = text;
  for (const mark of marks) {
    const alone = text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, alone || numbered ? "" : " ");
  }
  let left = periodsRemoved;
  return out.replace(period, (match) => (left-- > 0 ? "" : match));
}

const lettered = pythonRegex("^([A-E])\\.\\s*(.+)$", "i");
const letterAnywhere = pythonRegex("\\b([A-E])\\b", "i");

/** lmms-eval's: the letter of "B. text", else the first letter a to e that stands alone, the article of "a man" too, else the text. */
export function lmmsMvbenchAnswer(answer: string): string {
  const named = lettered.exec(strip(answer))?.[1];
  if (named !== undefined) return named.toUpperCase();
  let text = withoutMarks(strip(answer.replaceAll("\n", " ").replaceAll("\t", " ")));
  for (const mark of ["'", '"', ")", "("]) text = strip(text, mark);
  text = lower(strip(text));
  return letterAnywhere.exec(text)?.[1]?.toUpperCase() ?? text;
}

/**
 * The authors': the first word is part of the gold's mark, "(a)", or has it. An empty answer is part of every mark, so it is right; text
 * without a mark never is. Kept: published numbers have it.
 */
export function namesOption(answer: string, letter: string): boolean {
  const [first = ""] = lower(answer).split(" ");
  const mark = `(${letter.toLowerCase()})`;
  return mark.includes(first.replaceAll(".", "")) || first.includes(mark);
}

/** The authors' prompt ends in "Best option:(": a reply continues it. */
export const opened = (text: string): string => (text.startsWith("(") ? text : `(${text}`);

/** What stands behind the first line is taken for an explanation. */
export const firstLine = (text: string): string => strip(text).split("\n")[0] ?? "";

export function mvbenchScore(row: MvbenchQuestion, { text }: Output, { scoring }: ScoreContext): Scored {
  const letter = goldLetter(row) ?? "";
  if (scoring === "lmms-eval") {
    const answer = lmmsMvbenchAnswer(text);
    const { value, ...score } = rightOrWrong(answer === letter, answer, letter);
    // Empty answers leave numerator and denominator.
    return { ...score, value: text === "" ? { answered: 0 } : { accuracy: value as number, answered: 1 } };
  }
  const right = namesOption(scoring === "official" ? opened(firstLine(text)) : strip(text), letter);
  return { ...rightOrWrong(right, text, letter), value: { accuracy: right ? 1 : 0, answered: text === "" ? 0 : 1 } };
}
