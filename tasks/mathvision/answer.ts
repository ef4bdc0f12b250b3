/**
 * MATH-Vision's answers (Wang et al. 2024): how the final answer is found in a solution and compared with the reference.
 * Source: mathllm/MATH-V `evaluation/evaluate.py`, `evaluation/utils.py`. The order of the replacements is theirs.
 */

import { latexValue, lower, parseFloatPython, parseIntPython, python, roundHalfEven, rstrip, strip } from "llava-eval";

const cues = ["the final answer is", "the answer is", "the correct answer is", "the answer should be"];

/** The final answer of a solution, in the normal form that `mathVisionEqual` expects. */
export function extractMathVisionAnswer(response: string): string {
  let answer = strip(response);
  for (const letter of "ABCDE") if (statesLetter(answer, letter)) answer = letter;
  const tail = rstrip(afterLast(answer, "is "), ".");
  if (parseFloatPython(tail) !== undefined) answer = tail;
  if (!answer.includes("oxed{")) {
    for (const cue of cues) {
      answer = afterCue(answer, cue);
      answer = afterCue(answer, cue.replace("the", "The"));
    }
  } else if (answer.indexOf("oxed{") !== answer.lastIndexOf("oxed{")) answer = `\\boxed{${afterLast(answer, "oxed{")}`;
  let found = normalizeMath(answer);
  for (const letter of "abcde") found = found.replaceAll(`(${letter})`, letter);
  for (const letter of "abcde") found = found.replaceAll(`{${letter}}`, letter);
  found = rstrip(found, ".");
  while (found.startsWith(":")) found = found.slice(1);
  return strip(found);
}

function statesLetter(answer: string, letter: string): boolean {
  const endings = [` ${letter}.`, ` (${letter}).`];
  const beginnings = [`${letter}\n`, `(${letter})\n`, `(${letter}) ${letter}\n`];
  return endings.some((end) => answer.endsWith(end)) || beginnings.some((start) => answer.startsWith(start));
}

function afterLast(text: string, mark: string): string {
  const at = text.lastIndexOf(mark);
  return at < 0 ? text : text.slice(at + mark.length);
}

/** What follows the last cue, up to the end of its line or sentence. */
function afterCue(text: string, cue: string): string {
  const rest = strip(afterLast(text, cue));
  if (!text.includes(cue)) return rest;
  return before(before(rest, "\n"), ". ");
}

function before(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** What stands in the box, without units, spacing and LaTeX decoration. */
function normalizeMath(solution: string): string {
  const text = lower(solution).replaceAll("{}", "");
  const open = text.indexOf("oxed{");
  const close = text.lastIndexOf("}");
  let answer = open >= 0 && close >= open + 5 ? text.slice(open + 5, close) : text;
  const brace = answer.indexOf("}");
  const opening = answer.indexOf("{");
  if (brace >= 0 && (opening < 0 || brace < opening)) answer = answer.slice(0, brace);
  answer = afterLast(afterLast(answer, "="), "\\approx");
  const removals: readonly (readonly [string, string])[] = [
    [" ", ""],
    ["\\,", ""],
    ["∞", "\\infty"],
    ["+\\infty", "\\infty"],
    ["\\\\", "\\"],
    ["\n", ""],
    ["\\text", ""],
    ["\\mbox", ""],
    ["bmatrix", "pmatrix"],
    ["\\left", ""],
    ["\\right", ""],
    ["^{\\circ}", ""],
    ["^\\circ", ""],
    ["{m}^3", ""],
    ["m^3", ""],
    ["{units}", ""],
    ["units", ""],
    ["{km}", ""],
    ["km", ""],
  ];
  for (const [from, to] of removals) answer = answer.replaceAll(from, to);
  return stripMath(answer);
}

/** `_strip_string`, after the MATH data set's own normaliser. */
function stripMath(answer: string): string {
  let text = answer.replaceAll("\n", "").replaceAll("\\!", "").replaceAll("\\\\", "\\");
  text = text
    .replaceAll("tfrac", "frac")
    .replaceAll("dfrac", "frac")
    .replaceAll("\\left", "")
    .replaceAll("\\right", "");
  text = text.replaceAll("^{\\circ}", "").replaceAll("^\\circ", "").replaceAll("\\$", "").replaceAll("$", "");
  text = before(text, "\\text{ ").replaceAll("\\%", "").replaceAll(" .", " 0.").replaceAll("{.", "{0.");
  if (text === "") return text;
  if (text.startsWith(".")) text = `0${text}`;
  for (const sign of ["=", "\\approx"]) if (text.split(sign, 3).length === 2) text = afterLast(text, sign);
  if (text.includes("sqrt")) text = braceRoots(text);
  text = text.replaceAll(" ", "");
  // The reference calls the repair of fractions only for texts with a root. Kept: committed scores depend on it.
  if (text.includes("sqrt")) text = braceFractions(text);
  if (text === "0.5") text = "\\frac{1}{2}";
  return slashToFraction(text);
}

/** `\sqrt3` to `\sqrt{3}`. */
function braceRoots(text: string): string {
  if (!text.includes("\\sqrt")) return text;
  const [head = "", ...parts] = text.split("\\sqrt");
  const braced = parts.map((part) => (part === "" || part.startsWith("{") ? part : `{${part[0]}}${part.slice(1)}`));
  return [head, ...braced].join("\\sqrt");
}

/** `\frac12` and `\frac1{72}` to `\frac{1}{2}` and `\frac{1}{72}`. */
function braceFractions(text: string): string {
  const [head = "", ...parts] = text.split("\\frac");
  const braced: string[] = [];
  for (const part of parts) {
    if (part.startsWith("{")) braced.push(part);
    else if (part.length < 2) return text;
    else braced.push(part[1] === "{" ? `{${part[0]}}${part.slice(1)}` : `{${part[0]}}{${part[1]}}${part.slice(2)}`);
  }
  return [head, ...braced].join("\\frac");
}

function slashToFraction(text: string): string {
  const parts = text.split("/", 3);
  const [a, b] = parts.map(parseIntPython);
  if (parts.length !== 2 || a === undefined || b === undefined || text !== `${a}/${b}`) return text;
  return `\\frac{${a}}{${b}}`;
}

/** What an expression is worth; undefined where it has no value. */
export type ValueOf = (text: string) => number | undefined;

/**
 * lmms-eval 0.7.3 no longer imports the names of Python's `math`: what sympy writes with one (`sqrt(3)`, `pi`, `sin(1)`) has no value, and
 * equals only the same text. `\sqrt[3]{8}` is written as a power.
 */
export const valueWithoutNames: ValueOf = (text) =>
  /\\(?:sqrt(?!\s*\[)|pi|sin|cos|tan|ln|log|exp)(?![a-z])|!/.test(text) ? undefined : latexValue(text);

/** Equal as text, as tuples of values, or as values to two decimals. */
export function mathVisionEqual(reference: string, answer: string, worth: ValueOf = latexValue): boolean {
  const [a, b] = [lower(reference), lower(answer)];
  if (a.replaceAll(" ", "") === "" || b.replaceAll(" ", "") === "") return false;
  if (strip(a) === strip(b)) return true;
  const [left, right] = [evaluateTuple(a, worth), evaluateTuple(b, worth)];
  if (left === right) return true;
  const [x, y] = [worth(left), worth(right)];
  return x !== undefined && y !== undefined && roundHalfEven(x, 2) === roundHalfEven(y, 2);
}

/** `(2*3, 5+2)` to `(6,7)`; anything that is no tuple or list of values stays as it is. */
function evaluateTuple(text: string, worth: ValueOf): string {
  const pair = `${text[0] ?? ""}${text.at(-1) ?? ""}`;
  const items = text.slice(1, -1).split(",");
  if ((pair !== "()" && pair !== "[]") || items.length < 2) return text;
  const values: string[] = [];
  for (const item of items) {
    if (item.includes("infty") || item === "a" || item === "-a") values.push(item);
    else {
      const value = worth(item);
      if (value === undefined) return text;
      values.push(Number.isInteger(value) ? String(value) : python.formatFloat(roundHalfEven(value, 2)));
    }
  }
  return `${pair[0]}${values.join(",")}${pair[1]}`;
}
