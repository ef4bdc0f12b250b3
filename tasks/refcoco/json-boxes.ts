/** Boxes in a JSON answer, as lmms-eval's grounding tasks find them. */

import { type boxIn, jsonOf } from "llava-eval";

/** Corners: x1, y1, x2, y2. */
export type Box = NonNullable<ReturnType<typeof boxIn>>;

const boxKeys = ["bbox_2d", "bbox", "box", "coordinates", "coord", "location", "position"];
const deepest = 32;

/** In the order of the text; empty when there are none. */
export function jsonBoxes(text: string): Box[] {
  for (const candidate of candidates(text)) {
    const value = jsonOf(candidate);
    if (value === undefined) continue;
    const boxes = flatten(value, 0);
    if (boxes.length > 0) return boxes;
  }
  return looseBox(text);
}

/** A fenced block, the whole text, the outermost brackets, the outermost braces. */
function* candidates(text: string): Generator<string> {
  const fence = text.indexOf("```");
  if (fence >= 0) {
    const start = text.indexOf("\n", fence);
    const end = start < 0 ? -1 : text.indexOf("```", start);
    if (end >= 0) yield text.slice(start, end);
  }
  yield text;
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
  if (isBox(value)) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => flatten(item, depth + 1));
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const key = boxKeys.find((name) => isBox(fields[name]));
  return key === undefined ? Object.values(fields).flatMap((item) => flatten(item, depth + 1)) : [fields[key] as Box];
}

function isBox(value: unknown): value is Box {
  return Array.isArray(value) && value.length === 4 && value.every((part) => typeof part === "number");
}

const aNumber = /-?\d+(?:\.\d+)?/g;
const separator = /^[\s,]+$/;

/** Any four numbers in a row, separated by commas or blanks. One pass: a pattern for all four tries every digit anew. */
function looseBox(text: string): Box[] {
  let row: number[] = [];
  let end = 0;
  for (const { 0: digits, index } of text.matchAll(aNumber)) {
    const gap = text.slice(end, index);
    row = separator.test(gap) ? [...row, Number(digits)] : [Number(digits)];
    end = index + digits.length;
    if (row.length === 4) return [row as unknown as Box];
  }
  return [];
}
