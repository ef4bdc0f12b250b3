/** VLMEvalKit's two readings of points: RefSpatial's own, and the one of RoboSpatial, which guesses each point's unit. */

import { jsonOf, parseFloatPython, python, pythonRegex, roundHalfEven, strip } from "llava-eval";
import type { Point, Size } from "./points.js";

const NUMBER = "[-+]?\\d+(?:\\.\\d*)?";
const tuple = pythonRegex(`\\((${NUMBER}(?:,\\s*${NUMBER})*)\\)`, "g");

/**
 * Points in fractions: of dictionaries with `point_2d` or `point` if the whole reply is a list of such, else of "(x, y)", or of all pixels of
 * "(x1, y1, x2, y2)". Up to 1.5 a number is a fraction; above it a dictionary's is a thousandth, up to 1000, and a tuple's is in pixels.
 */
export function* guessedPoints(text: string, size: Size): Generator<Point> {
  const points = listedPoints(unfenced(text), size);
  if (points.length > 0) yield* points;
  else yield* tuplePoints(text, size);
}

function unfenced(text: string): string {
  const bare = strip(text);
  if (!bare.startsWith("```")) return bare;
  const line = bare.indexOf("\n");
  const inner = strip(line < 0 ? bare.replace(/^`+/, "") : bare.slice(line + 1));
  return strip(inner.endsWith("```") ? inner.slice(0, -3) : inner);
}

function listedPoints(text: string, [width, height]: Size): readonly Point[] {
  const read = python.json(text) ?? python.literal(text);
  const items: readonly unknown[] = Array.isArray(read) ? read : [read];
  return items.flatMap((item) => {
    const found = item instanceof Map ? orNext(item.get("point_2d"), item.get("point")) : undefined;
    if (!Array.isArray(found) || found.length !== 2) return [];
    const [x, y] = found.map(asFloat);
    if (x === undefined || y === undefined) return [];
    const largest = Math.max(Math.abs(x), Math.abs(y));
    if (largest <= 1.5) return [[x, y] as const];
    return largest <= 1000 ? [[x / 1000, y / 1000] as const] : [[x / width, y / height] as const];
  });
}

/** Python's `or`. */
const orNext = (first: unknown, next: unknown): unknown =>
  first === undefined || first === null || first === "" || first === 0 || (Array.isArray(first) && first.length === 0)
    ? next
    : first;

function asFloat(value: unknown): number | undefined {
  if (value instanceof python.Float) return value.value;
  if (typeof value === "string") return parseFloatPython(value);
  return ["number", "bigint", "boolean"].includes(typeof value) ? Number(value) : undefined;
}

function* tuplePoints(text: string, [width, height]: Size): Generator<Point> {
  for (const [, inner = ""] of text.matchAll(tuple)) {
    const numbers = inner.split(",").map((token) => parseFloatPython(token) as number);
    const inFractions = numbers.every((number) => Math.abs(number) <= 1.5);
    const [a, b, c, d] = numbers as [number, number, number, number];
    if (numbers.length === 2) yield inFractions ? [a, b] : [a / width, b / height];
    if (numbers.length !== 4) continue;
    const [x1, x2] = edges(a, c, inFractions ? width : 1);
    const [y1, y2] = edges(b, d, inFractions ? height : 1);
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) yield [x / width, y / height];
  }
}

const edges = (one: number, other: number, unit: number): readonly [first: number, last: number] => [
  roundHalfEven(Math.min(one, other) * unit),
  roundHalfEven(Math.max(one, other) * unit),
];

const fenced = pythonRegex("```(?:json)?\\n(.*?)```", "s");
const opening = pythonRegex("<points\\s+", "g");
const attributes = pythonRegex('x\\d+="([\\d.]+)"\\s+y\\d+="([\\d.]+)"', "g");
const bracketed = pythonRegex("\\(\\s*([\\d.]+)\\s*,\\s*([\\d.]+)\\s*\\)", "g");

/**
 * RefSpatial's points in fractions: JSON (between fences, or the whole reply) in thousandths where a number is above 1, Molmo's tag in
 * hundredths, else "(x, y)" as it stands.
 * @returns undefined  a number that is none: the script ends there
 */
export function refSpatialPoints(text: string): readonly Point[] | undefined {
  const listed = jsonPoints(strip(fenced.exec(strip(text))?.[1] ?? text));
  if (listed.length > 0) return listed;
  const tagged = pointsOf(attributesOf(text), attributes, 100);
  return tagged === undefined || tagged.length > 0 ? tagged : pointsOf(text, bracketed, undefined);
}

function jsonPoints(text: string): readonly Point[] {
  const read = jsonOf(text);
  const items: readonly unknown[] = Array.isArray(read) ? read : [read];
  return items.flatMap((item) => {
    const { point_2d, point } = (typeof item === "object" && item !== null ? item : {}) as Readonly<
      Record<string, unknown>
    >;
    // Gemini's has y in front. A pair without a name is one where it stands in a list.
    const reversed = Array.isArray(point) ? [...point].reverse() : undefined;
    const found = point_2d ?? reversed ?? (Array.isArray(read) ? item : undefined);
    if (!Array.isArray(found) || found.length !== 2) return [];
    const [x, y] = found.map(asFloat);
    return x === undefined || y === undefined ? [] : [inUnit([x, y], 1000)];
  });
}

/** What stands in the first `<points .../>`. */
function attributesOf(text: string): string {
  let lineEnd = 0;
  for (const { index, 0: tag } of text.matchAll(opening)) {
    const start = index + tag.length;
    if (start < lineEnd) continue;
    const newline = text.indexOf("\n", start);
    lineEnd = newline < 0 ? text.length : newline;
    const inner = text.slice(start, lineEnd);
    const end = inner.indexOf("/>");
    if (end >= 0) return inner.slice(0, end);
  }
  return "";
}

function pointsOf(text: string, pattern: RegExp, whole: number | undefined): readonly Point[] | undefined {
  const points: Point[] = [];
  for (const [, first = "", second = ""] of text.matchAll(pattern)) {
    const [x, y] = [parseFloatPython(first), parseFloatPython(second)];
    if (x === undefined || y === undefined) return undefined;
    points.push(whole === undefined ? [x, y] : inUnit([x, y], whole));
  }
  return points;
}

const inUnit = ([x, y]: Point, whole: number): Point => (x > 1 || y > 1 ? [x / whole, y / whole] : [x, y]);
