/**
 * OlympiadBench (He et al. 2024): when the answers of a solution are those of the reference.
 * Source: OpenBMB/OlympiadBench `eval/auto_scoring_judge.py`, which compares formulas with sympy; here they are compared by their values
 * at a dozen points, signs of both kinds among them.
 */

import { parseFloatPython, pythonRegex, strip } from "llava-eval";
import { type Formula, formulaOf } from "./formula.js";

export type Algebra = "official" | "vlmevalkit";

const OPEN = "\\boxed{";
/** No honest solution has more; the contents of nested ones add up. */
const mostBoxes = 100;
const mostCharacters = 20_000;

/** The boxes' contents, each with a comma behind; undefined where one does not close. */
function boxed(text: string): string | undefined {
  let found = "";
  let boxes = 0;
  for (let at = text.indexOf(OPEN); at >= 0; at = text.indexOf(OPEN, at + OPEN.length)) {
    const start = at + OPEN.length;
    let end = start;
    for (let depth = 1; depth > 0; end++) {
      if (end >= text.length) return undefined;
      depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    }
    if (++boxes > mostBoxes) return undefined;
    found += `${text.slice(start, end - 1)},`;
  }
  return found;
}

/** What counts of a text: its boxes, else the formulas of its last line, else all of it. */
function content(text: string): string | undefined {
  const boxes = boxed(text);
  if (boxes === undefined || boxes !== "") return boxes;
  const line = strip(text).split("\n").at(-1) ?? "";
  const formulas = [...line.matchAll(/\$(.*?)\$/g)].map(([, formula = ""]) => `${formula},`);
  return formulas.length > 0 ? formulas.join("") : text;
}

const SIGNS: readonly (readonly [string, string])[] = [
  ...([
    ["\\left", ""],
    ["\\right", ""],
    ["∶", ":"],
    ["，", ","],
    ["$", ""],
    ["\\approx", "="],
    ["\\simeq", "="],
  ] as const),
  ...([
    ["\\sim", "="],
    ["^\\prime", "'"],
    ["^{\\prime}", "'"],
    ["^\\circ", ""],
    ["%", ""],
  ] as const),
];
const upright = pythonRegex("\\\\(?:mathrm|mathbf)\\{~?([^}]*)\\}", "g");
const HAN = /[\u4e00-\u9fff]+/g;

function plain(text: string): string {
  const [, member] = text.split("\\in ");
  const replaced = SIGNS.reduce((rest, [sign, by]) => rest.replaceAll(sign, by), member ?? text);
  return strip(replaced, "\n$,.:;^_=+`!@#$%^&*~，。").replace(upright, "$1");
}

/** At commas outside brackets; what is behind the last comma counts if there is anything. */
export function splitAnswers(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(" || text[i] === "[") depth++;
    else if (text[i] === ")" || text[i] === "]") depth--;
    else if (text[i] === "," && depth === 0) {
      parts.push(strip(text.slice(start, i)));
      start = i + 1;
    }
  }
  return start < text.length ? [...parts, strip(text.slice(start))] : parts;
}

const bothSigns = (parts: readonly string[]): string[] =>
  parts.flatMap((part) =>
    part.includes("\\pm") ? [part.replaceAll("\\pm", "+"), part.replaceAll("\\pm", "-")] : [part],
  );

/** A symbol's value at a point: the same for the same name. */
function valueAt(point: number): (name: string) => number {
  return (name) => {
    const seed = [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973, 7);
    const fraction = Math.abs(Math.sin(seed * 12.9898 + point * 78.233)) % 1;
    return (fraction * 1.5 + 0.3) * (Math.sin(seed + 3 * point) < 0 ? -1 : 1);
  };
}
const POINTS = Array.from({ length: 12 }, (_, i) => i + 1);
const enough = 3;

/** Both formulas' values wherever both have one; undefined where too few do, or one has one and the other none. */
function values(a: Formula["value"], b: Formula["value"]): readonly (readonly [number, number])[] | undefined {
  const pairs: [number, number][] = [];
  for (const point of POINTS) {
    const [x, y] = [a(valueAt(point)), b(valueAt(point))];
    if (Number.isFinite(x) !== Number.isFinite(y)) return undefined;
    if (Number.isFinite(x)) pairs.push([x, y]);
  }
  return pairs.length >= enough ? pairs : undefined;
}

const side = (text: string): string => strip(text.includes("=") ? (text.split("=")[1] ?? "") : text);
const relation = /[<>]|\\[lg](?:t|eq?|eqslant)(?![a-zA-Z])/;

function formulasEqual(first: string, second: string, tolerance: number, algebra: Algebra): boolean {
  const [a, b] = [side(first), side(second)];
  const written = (text: string): string => text.replace(/[\s{}]/g, "").replace(/^\+/, "");
  if (written(a) === written(b)) return a.split(relation).every((part) => formulaOf(part) !== undefined);
  // VLMEvalKit's copy calls a function that is commented out: formulas that are not written alike are never equal.
  if (algebra === "vlmevalkit") return false;
  const [x, y] = [formulaOf(a), formulaOf(b)];
  if (x === undefined || y === undefined || x.hasSymbols !== y.hasSymbols) return false;
  if (!x.hasSymbols) return Math.abs(x.value(valueAt(1)) - y.value(valueAt(1))) <= tolerance * 1.01;
  const pairs = values(x.value, y.value);
  const [p = 0, q = 0] = pairs?.[0] ?? [];
  // A constant between them may be left, if it is small.
  if (pairs === undefined || Math.abs(p - q) >= 1e-3) return false;
  return pairs.every(([v, w]) => Math.abs(v - w - (p - q)) < 1e-9 * Math.max(1, Math.abs(v)));
}

const isInterval = (text: string): boolean => /^[([]/.test(text) && /[)\]]$/.test(text);

function intervalsEqual(first: string, second: string, tolerance: number, algebra: Algebra): boolean {
  const [a, b] = [first.split("\\cup"), second.split("\\cup")];
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i] ?? "";
      if (one[0] !== other[0] || one.at(-1) !== other.at(-1)) return false;
      const [ends, others] = [strip(one, "[]()").split(","), strip(other, "[]()").split(",")];
      const pairs = ends.slice(0, others.length);
      return pairs.every((end, k) => formulasEqual(end, others[k] ?? "", tolerance, algebra));
    })
  );
}

/** The sides' differences have an integer ratio. */
function equationsEqual(first: string, second: string): boolean {
  const difference = (equation: string): Formula["value"] | undefined => {
    const sides = equation.split("=");
    const [left, right] = sides.map(formulaOf);
    if (sides.length !== 2 || left === undefined || right === undefined) return undefined;
    return (of) => left.value(of) - right.value(of);
  };
  const [a, b] = [difference(first), difference(second)];
  const pairs = a === undefined || b === undefined ? undefined : values(a, b);
  const [p = 0, q = 0] = pairs?.[0] ?? [];
  const ratio = Math.round(Math.abs(p) >= Math.abs(q) ? p / q : q / p);
  if (pairs === undefined || !Number.isFinite(ratio) || ratio === 0) return false;
  const isSame = (x: number, y: number) => Math.abs(x - y) < 1e-6 * Math.max(1, Math.abs(x));
  return pairs.every(([x, y]) => (Math.abs(p) >= Math.abs(q) ? isSame(x, ratio * y) : isSame(y, ratio * x)));
}

/** A number, or a hundredth or a hundredfold of it. */
function numbersEqual(first: string, second: string, tolerance: number): boolean {
  const [a, b] = [parseFloatPython(first), parseFloatPython(second)];
  if (a === undefined || b === undefined) return false;
  return [a / 100, a, a * 100].some((value) => Math.abs(value - b) <= tolerance * 1.01);
}

function isEqual(first: string, second: string, tolerance: number, algebra: Algebra): boolean {
  if (first === second && first !== "") return true;
  if (isInterval(first) && isInterval(second) && intervalsEqual(first, second, tolerance, algebra)) return true;
  if (numbersEqual(first, second, tolerance)) return true;
  const areEquations = first.includes("=") && second.includes("=");
  if (!areEquations && formulasEqual(first, second, tolerance, algebra)) return true;
  return equationsEqual(first, second);
}

/** Every answer of the reply is paired with one of the reference. @param tolerances one, or one for each answer */
export function olympiadCorrect(
  reply: string,
  reference: string,
  tolerances: readonly number[],
  algebra: Algebra = "official",
): boolean {
  const [said, wanted] = [content(reply), content(reference)];
  if (said === undefined || wanted === undefined || said.length > mostCharacters) return false;
  const [a, b] = [plain(said), plain(wanted)];
  if (a === b) return true;
  const left = bothSigns(splitAnswers(a.replace(HAN, "")));
  const right = bothSigns(splitAnswers(b.replace(HAN, "")));
  if (left.length !== right.length) return false;
  const allowed = tolerances.length <= 1 ? left.map(() => tolerances[0] ?? 0) : [...tolerances];
  for (let at = 0; left.length > 0; at = (at + 1) % left.length) {
    const tolerance = allowed[at];
    if (tolerance === undefined) return false;
    const match = right.findIndex((one) => isEqual(left[at] ?? "", one, tolerance, algebra));
    if (match < 0) return false;
    left.splice(at, 1);
    right.splice(match, 1);
    allowed.splice(allowed.indexOf(tolerance), 1);
    if (left.length === 0) return true;
  }
  return true;
}

const final = pythonRegex("So the final answer is (.*)", "g");
const finalInChinese = pythonRegex("所以最终答案是(.*)", "g");

/** What follows the last "So the final answer is" in its line, else the whole reply. */
export function finalAnswer(reply: string, isChinese = false): string {
  return [...reply.matchAll(isChinese ? finalInChinese : final)].at(-1)?.[1] ?? reply;
}

/** "1e-1,1e-2" is one for each answer; where none is stated, as good as none. */
export function tolerancesOf(error: string | null | undefined): readonly number[] {
  if (error === null || error === undefined || strip(error) === "") return [1e-8];
  return error.split(",").map((text) => parseFloatPython(text) ?? 1e-8);
}
