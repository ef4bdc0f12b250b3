/** Points in answers about where a robot's hand should go, in the forms that the benchmarks' scripts read. */

import { jsonOf, parseFloatPython, python, pythonRegex } from "llava-eval";

export type Point = readonly [x: number, y: number];
export type Size = readonly [width: number, height: number];
/** Pixels from the first corner up to the second, which is outside. */
export type Region = readonly [x1: number, y1: number, x2: number, y2: number];

interface Written {
  readonly value: number;
  /** With a point: a fraction, whatever it says. */
  readonly isFloat: boolean;
}

// The scripts write \d+\.?\d*, which reads "11" in two ways: a long list without its end would be tried in all of them.
const NUMBER = "\\d+(?:\\.\\d*)?";
const tuple = pythonRegex(`\\(([-+]?${NUMBER}(?:,\\s*[-+]?${NUMBER})*)\\)`, "g");
const pair = pythonRegex(`[\\[(]\\s*([-+]?${NUMBER})\\s*,\\s*([-+]?${NUMBER})\\s*[\\])]`, "g");
const unsignedTuple = pythonRegex(`\\(\\s*(${NUMBER})\\s*,\\s*(${NUMBER})\\s*\\)`);
const unsignedList = pythonRegex(`\\[\\s*(${NUMBER})\\s*,\\s*(${NUMBER})\\s*\\]`);
const attributes = pythonRegex(`x\\d+="(-?${NUMBER})"\\s+y\\d+="(-?${NUMBER})"`, "g");
const fenced = pythonRegex("```(?:\\w+)?\\n(.*?)```", "s");

const written = (token: string): Written => ({
  value: parseFloatPython(token) as number,
  isFloat: token.includes("."),
});

/** "(0.2, 0.3)", "(1, 2, 3, 4)": round brackets alone, as RoboPoint writes them. */
const tuplesIn = (text: string): readonly (readonly Written[])[] =>
  [...text.matchAll(tuple)].map(([, inner = ""]) => inner.split(",").map(written));

/** "[x, y]" and "(x, y)", wherever they stand. */
export const pairsIn = (text: string): readonly (readonly [Written, Written])[] =>
  [...text.matchAll(pair)].map(([, x = "", y = ""]) => [written(x), written(y)]);

/** Farther out than any image; beyond 2^53 a pixel would have no width. */
const far = 1e9;
const bounded = (value: number): number => Math.max(-far, Math.min(far, value));
export const pixel = (x: number, y: number): Region => {
  const [left, top] = [bounded(x), bounded(y)];
  return [left, top, left + 1, top + 1];
};
/** Cut off towards zero: -0.4 is pixel 0, inside. */
export const scaled = (value: number, length: number): number => bounded(Math.trunc(value * length));

/**
 * The authors of RefSpatial: with a point in either number a fraction, without one pixels; four fractions are a box full of points.
 * @returns undefined  a box whose corners are in another order: their script leaves the question out
 */
export function refSpatialRegions(text: string, [width, height]: Size): readonly Region[] | undefined {
  const regions: Region[] = [];
  for (const numbers of tuplesIn(text)) {
    const [a, b, c, d] = numbers;
    if (a === undefined || b === undefined) continue;
    if (numbers.length === 2) regions.push(pointOf(a, b, [width, height]));
    if (numbers.length !== 4 || c === undefined || d === undefined) continue;
    const [x1, y1] = [scaled(a.value, width), scaled(b.value, height)];
    const [x2, y2] = [scaled(c.value, width), scaled(d.value, height)];
    if (x2 < x1 || y2 < y1) return undefined;
    regions.push([x1, y1, x2, y2]);
  }
  return regions;
}

/**
 * RoboPoint's script: the first number says whether a box is in fractions; a box is cut at the image, and counts from the other edge where it
 * is negative, as numpy does.
 * @returns undefined  a box in pixels with a fraction in it: the script leaves the question out
 */
export function roboPointRegions(text: string, [width, height]: Size): readonly Region[] | undefined {
  const regions: Region[] = [];
  for (const numbers of tuplesIn(text)) {
    const [a, b, c, d] = numbers;
    if (a === undefined || b === undefined) continue;
    if (numbers.length === 2) regions.push(pointOf(a, b, [width, height]));
    if (numbers.length !== 4 || c === undefined || d === undefined) continue;
    if (!a.isFloat && numbers.some(({ isFloat }) => isFloat)) return undefined;
    const at = ({ value }: Written, length: number) => {
      const place = a.isFloat ? scaled(value, length) : value;
      return Math.min(length, place < 0 ? Math.max(0, place + length) : place);
    };
    const [x1, y1, x2, y2] = [at(a, width), at(b, height), at(c, width), at(d, height)];
    if (x2 > x1 && y2 > y1) regions.push([x1, y1, x2, y2]);
  }
  return regions;
}

function pointOf(x: Written, y: Written, [width, height]: Size): Region {
  return x.isFloat || y.isFloat ? pixel(scaled(x.value, width), scaled(y.value, height)) : pixel(x.value, y.value);
}

/** Molmo's `x1="16.1" y1="11.5"`, in hundredths. */
export const molmoRegions = (text: string, [width, height]: Size): readonly Region[] =>
  [...text.matchAll(attributes)].map(([, x = "", y = ""]) =>
    pixel(scaled((parseFloatPython(x) as number) / 100, width), scaled((parseFloatPython(y) as number) / 100, height)),
  );

/** Gemini's `[{"point": [y, x]}]` between fences, in thousandths. */
export const geminiRegions = (text: string, [width, height]: Size): readonly Region[] =>
  fencedPairs(text, "point").map(([y, x]) => pixel(scaled(x / 1000, width), scaled(y / 1000, height)));

/** Qwen's `[{"point_2d": [x, y]}]` between fences, in thousandths: all that lmms-eval reads of RoboSpatial's answers. */
export const qwenPoints = (text: string, [width, height]: Size): readonly Point[] =>
  fencedPairs(text, "point_2d").map(([x, y]) => [scaled(x / 1000, width), scaled(y / 1000, height)]);

function fencedPairs(text: string, name: string): readonly Point[] {
  const items = jsonOf((fenced.exec(text)?.[1] ?? "").trim());
  return Array.isArray(items) ? items.flatMap((item: unknown) => numbersUnder(item, name)) : [];
}

function numbersUnder(item: unknown, name: string): readonly Point[] {
  if (typeof item !== "object" || item === null) return [];
  const found = (item as Readonly<Record<string, unknown>>)[name];
  return isPoint(found) ? [found] : [];
}

const isPoint = (value: unknown): value is Point =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "number");

/** lmms-eval: pairs in round brackets are fractions, also "(5, 5)". */
export const lmmsTuples = (text: string, [width, height]: Size): readonly Region[] =>
  tuplesIn(text).flatMap(([x, y, more]) =>
    x && y && !more ? [pixel(scaled(x.value, width), scaled(y.value, height))] : [],
  );

/** lmms-eval's reading of Qwen's forms: a point in either number makes both fractions, else they are thousandths. */
export const lmmsPairs = (text: string, [width, height]: Size): readonly Region[] =>
  pairsIn(text).map(([x, y]) => {
    const unit = x.isFloat || y.isFloat ? 1 : 1000;
    return pixel(scaled(x.value / unit, width), scaled(y.value / unit, height));
  });

/** RoboSpatial's authors: the first pair without a sign in round brackets, else in square ones, else the first list as Python reads it. */
export function roboSpatialPoint(text: string): Point | undefined {
  const [, x, y] = unsignedTuple.exec(text) ?? unsignedList.exec(text) ?? [];
  if (x !== undefined && y !== undefined) return [parseFloatPython(x) as number, parseFloatPython(y) as number];
  const start = text.indexOf("[");
  const end = text.indexOf("]", start);
  if (start < 0 || end < 0) return undefined;
  const list = python.literal(`[${text.slice(start + 1, end).trim()}]`);
  if (!Array.isArray(list)) return undefined;
  const parts: readonly unknown[] = list.length === 2 && list.every(isNumber) ? list : listed(list[0]);
  const [first, second] = parts.map(asFloat);
  return parts.length === 2 && first !== undefined && second !== undefined ? [first, second] : undefined;
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isNumber = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "boolean" || value instanceof python.Float;

/** `float(value)`; undefined where that raises. */
function asFloat(value: unknown): number | undefined {
  if (value instanceof python.Float) return value.value;
  if (typeof value === "string") return parseFloatPython(value);
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}
