/** Boxes in a JSON answer, as lmms-eval's grounding tasks find them. */

import { type boxIn, jsonOf, parseFloatPython, strip } from "llava-eval";

/** Corners: x1, y1, x2, y2. */
export type Box = NonNullable<ReturnType<typeof boxIn>>;

const boxKeys = ["bbox_2d", "bbox", "box", "coordinates", "coord", "location", "position"];
const deepest = 32;

/** In the order of the text; empty when there are none. What is no JSON with boxes in it is read as text. */
export function jsonBoxes(text: string): Box[] {
  for (const candidate of candidates(text)) {
    const value = jsonOf(candidate);
    if (value === undefined) continue;
    const boxes = flatten(value, 0);
    return boxes.length > 0 ? boxes : looseBoxes(text);
  }
  return looseBoxes(text);
}

/** A fenced block, the whole text, the outermost brackets, the outermost braces. */
function* candidates(text: string): Generator<string> {
  const [, fenced] = /```(?:json)?(.*?)```/is.exec(text) ?? [];
  if (fenced !== undefined) yield strip(fenced);
  yield strip(text);
  for (const [open, close] of [
    ["[", "]"],
    ["{", "}"],
  ] as const) {
    const start = text.indexOf(open);
    const end = text.lastIndexOf(close);
    if (start >= 0 && end > start) yield text.slice(start, end + 1);
  }
}

function flatten(value: unknown, depth: number): Box[] {
  if (depth > deepest) return [];
  if (Array.isArray(value)) {
    const box = boxOf(value, (part) => (typeof part === "string" ? undefined : numberOf(part)));
    return box ? [box] : value.flatMap((item) => flatten(item, depth + 1));
  }
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of boxKeys) {
    const box = Object.hasOwn(fields, key) ? boxOf(fields[key], numberOf) : undefined;
    if (box) return [box];
  }
  return Object.values(fields).flatMap((item) => flatten(item, depth + 1));
}

function boxOf(value: unknown, number: (part: unknown) => number | undefined): Box | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const parts = value.map(number);
  return parts.includes(undefined) ? undefined : (parts as unknown as Box);
}

/** Python's `float`: under a key of its own a box may stand in texts. */
function numberOf(part: unknown): number | undefined {
  if (typeof part === "string") return parseFloatPython(part);
  return typeof part === "number" || typeof part === "boolean" ? Number(part) : undefined;
}

/** Digits and points without a gap: `1.5`; of `1.5.2` a row of numbers can begin with `5.2` or end with `1.5`. */
const run = /-?\d+(?:\.\d+)*/g;
const separates = (gap: string): boolean => gap !== "" && ["", ","].includes(strip(gap));

/** Every four numbers in a row, separated by a comma or blanks. One pass: a pattern for all four tries every digit anew. */
function looseBoxes(text: string): Box[] {
  const boxes: Box[] = [];
  let row: number[] = [];
  let end = 0;
  for (const { 0: digits, index } of text.matchAll(run)) {
    const parts = digits.split(".");
    const follows = row.length > 0 && separates(text.slice(end, index));
    end = index + digits.length;
    if (follows && row.length === 3) {
      boxes.push([...row, Number(parts.slice(0, 2).join("."))] as unknown as Box);
      row = parts.length > 2 ? [Number(parts.slice(2).slice(-2).join("."))] : [];
    } else if (follows && parts.length <= 2) row.push(Number(digits));
    else row = [Number(parts.slice(-2).join("."))];
  }
  return boxes;
}
