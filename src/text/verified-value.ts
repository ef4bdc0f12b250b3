/**
 * The value that the solver math-verify finds in an answer, as far as numbers go: in a box, else what ends last of formulas, sums and numbers.
 * Sets, tuples and symbols have none here. Held by vectors of math-verify 0.9.0.
 */

import { latexValue } from "./latex-value.js";
import { parseFloatPython } from "./python-numbers.js";
import { pythonRegex } from "./python-regex.js";
import { boxed } from "./reasoned-answer.js";

const formulas = /(?<!\\|\d)\$([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]|((?<!\d)-?\d*\\frac\{[^{}]*\}\{[^{}]*\})/dgs;

/** What may stand before a number: "x5", "(5)", "+5" and "~5" have none. */
const before = "(?:^|\\s|=)(?:\\*\\*)?";
const plainNumber =
  "(?<!\\d)(?:-?[1-9]\\d{0,2}(?:[ ,]\\d{3})+(?:\\.\\d+)?|-?\\d+[.,]\\d+|\\.\\d+|-?\\d+)(?:\\s*(?:%|[Pp]er(?:cent(?:age)?|ct)))?";
const number = pythonRegex(`${before}[$€£¥₹₽₪₩₫฿]?(${plainNumber})`, "g");
const signs = "+\\-*×/^()÷";
const sum = pythonRegex(
  `${before}(-?\\(?-?\\d[\\d.\\s${signs}]*[${signs}][\\d.\\s${signs}]+\\)?)(?:\\*\\*)?(?:[.,:\\s)$]|$)`,
  "g",
);

/** Characters: the search takes their cube, and answers are short. */
const longestSum = 500;

interface Found {
  readonly from: number;
  readonly to: number;
  readonly values: readonly number[];
}

/** None, one, or of a percentage two: it equals the number as well as the hundredth. */
export function verifiedValues(text: string): readonly number[] {
  const inner = boxed(text);
  if (inner !== "") {
    if (inner.endsWith(".")) return [];
    const values = formulaValues(inner);
    return values.length > 0 || !inner.includes("\\") ? values : verifiedValues(inner);
  }
  const found = [
    ...formulasIn(text),
    // What only looks like a sum ("0.5**") is passed over.
    ...(text.length > longestSum ? [] : foundBy(sum, text, valuesOf)).filter(({ values }) => values.length > 0),
    ...foundBy(number, text, numberValues),
  ];
  return found.sort((a, b) => b.to - a.to || a.from - b.from)[0]?.values ?? [];
}

function formulasIn(text: string): readonly Found[] {
  return [...withoutUnclosed(text).matchAll(formulas)].map(({ indices = [] }) => {
    const [[from, to], ...groups] = indices as [
      readonly [number, number],
      ...(readonly [number, number] | undefined)[],
    ];
    const [start, end] = groups.find((group) => group !== undefined) ?? [from, from];
    return { from, to, values: formulaValues(text.slice(start, end)) };
  });
}

/** The text with other marks for openings that nothing closes: each of them would be followed to the text's end. */
function withoutUnclosed(text: string): string {
  return ["()", "[]"].reduce((rest, [open, close]) => {
    // One character at least stands between the two.
    const end = Math.max(0, text.lastIndexOf(`\\${close}`) - 2);
    return rest.slice(0, end) + rest.slice(end).replaceAll(`\\${open}`, "\\<");
  }, text);
}

function foundBy(form: RegExp, text: string, values: (written: string) => readonly number[]): readonly Found[] {
  return [...text.matchAll(form)].map((match) => {
    const [whole, ...groups] = match;
    const written = groups.find((group) => group !== undefined) ?? "";
    return { from: match.index, to: match.index + whole.length, values: values(written) };
  });
}

/** A unit; words otherwise, and a name as in "2x", are letters to multiply with, for the solver. */
const unit = /^\s*(?:[cghlmst]|(?!(?:and|or|million|billion|thousand|hundred)\b)[a-z]{2,}(?:\s+[a-z]+)*)\s*$/i;
const leading = pythonRegex(`^\\s*\\$?\\s*(${plainNumber})`);

function formulaValues(written: string): readonly number[] {
  const values = valuesOf(written);
  if (values.length > 0) return values;
  const [start, one = ""] = leading.exec(written) ?? [];
  return start !== undefined && unit.test(written.slice(start.length).replace(/\$\s*$/, "")) ? numberValues(one) : [];
}

/** "1,234.5" and "1 234" have thousands, "12,5" has a fraction. */
function numberValues(written: string): readonly number[] {
  const [digits = "", share] = written.split(/\s*(%|[Pp]er.*)$/s);
  const grouped = /^-?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.|$)/.test(digits);
  const value = parseFloatPython(grouped ? digits.replace(/[ ,]/g, "") : digits.replace(",", "."));
  return value === undefined ? [] : share === undefined ? [value] : [value, value / 100];
}

function valuesOf(written: string): readonly number[] {
  const bare = written
    .replaceAll(/\\text\{[^{}]*\}|\^\{?\\circ\}?/g, "")
    .replaceAll(/\\[dt]frac/g, "\\frac")
    .replace(/^.*=/s, "");
  const [, share] = /^(.*?)\\?%\s*$/s.exec(bare) ?? [];
  const value = latexValue(share ?? bare);
  return value === undefined ? [] : share === undefined ? [value] : [value, value / 100];
}

/** To six decimals. */
export function sameVerifiedValue(a: string, b: string): boolean {
  const others = verifiedValues(b);
  return verifiedValues(a).some((x) => others.some((y) => Math.abs(x - y) < 1e-6));
}
