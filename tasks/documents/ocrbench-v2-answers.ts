/** OCRBench v2's rules for short answers. Source: Yuliang-Liu/MultimodalOCR OCRBench_v2/eval_scripts `vqa_metric.py`, `eval.py`. */

import { length, levenshtein, lower, parseIntPython, pythonRegex, splitWords, strip } from "llava-eval";

const oneLine = (text: string): string => strip(text).replaceAll("\n", " ");
const withoutBlanks = (text: string): string => oneLine(text).replaceAll(" ", "");

/** 1 less the edit distance by the longer text; 0 below a half. */
function likeness(text: string, answer: string): number {
  const longer = Math.max(length(text), length(answer));
  const alike = longer === 0 ? 1 : 1 - levenshtein(text, answer) / longer;
  return alike >= 0.5 ? alike : 0;
}

/** Short answers must stand in the text, long ones be like it. @param isBrief  which are short */
function best(text: string, answers: readonly string[], isBrief: (answer: string) => boolean): number {
  const credits = answers.map((answer) => (isBrief(answer) ? (text.includes(answer) ? 1 : 0) : likeness(text, answer)));
  return Math.max(0, ...credits);
}

const isBrief = (answer: string): boolean => splitWords(answer).length < 5;

/** @param folded  without regard to upper and lower case */
export function wordsCredit(text: string, answers: readonly string[], folded = true): number {
  const form = (one: string) => oneLine(folded ? lower(one) : one);
  return best(form(text), answers.map(form), isBrief);
}

/** lmms-eval and VLMEvalKit on a row whose answer is no list: a short one that is not in the text may still be like it, a long one counts for nothing. */
export function bareAnswerCredit(text: string, answer: string): number {
  const [said, wanted] = [text, answer].map((one) => oneLine(lower(one))) as [string, string];
  if (!isBrief(wanted)) return 0;
  return said.includes(wanted) ? 1 : likeness(said, wanted);
}

export function chineseCredit(text: string, answers: readonly string[]): number {
  const form = (one: string) => withoutBlanks(lower(one));
  return best(form(text), answers.map(form), (answer) => answer.split(",").length < 4);
}

/** All letters of the reply, glued. */
export const lettersOf = (text: string): string => (text.match(/\p{L}/gu) ?? []).join("");

/** Of answers by letters, in any of the ways to write several. */
export function writtenLetters(text: string, answer: string): boolean {
  const letters = [...answer];
  if (letters.length < 2) return text.includes(answer);
  return ["", ".", ". ", ",", ", ", "、", ";", "; ", " ", "和"].some((mark) => text.includes(letters.join(mark)));
}

const textCommand = /\\text\{([^{}]*)\}/g;

/** @param chinese  what stands in "\text{}" is taken out of it first */
export function formulaStands(text: string, answers: readonly string[], chinese: boolean): boolean {
  const form = (one: string) => withoutBlanks(chinese ? one.replace(textCommand, "$1") : one);
  if (chinese && lower(text) === "nan") return false;
  return answers.some((answer) => form(text).includes(form(answer)));
}

const firstNumber = pythonRegex("\\d+");

/** The share that a count is off, if that is less than a half. */
function countCredit(text: string, answer: string): number {
  const said = parseIntPython(firstNumber.exec(text)?.[0] ?? "");
  const wanted = parseIntPython(answer);
  if (said === undefined || wanted === undefined || said <= 0 || said >= 2 * wanted) return 0;
  const near = 1 - Math.abs(said - wanted) / wanted;
  return near > 0.5 ? near : 0;
}

/** @param rule  "regression", or "exact match" */
export function countsCredit(text: string, answers: readonly string[], rule: string): number {
  const wanted = answers.map((answer) => oneLine(lower(answer)));
  if (rule === "regression") return Math.max(0, ...wanted.map((answer) => countCredit(oneLine(lower(text)), answer)));
  return wanted.some((answer) => text.includes(answer)) ? 1 : 0;
}
