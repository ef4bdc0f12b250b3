/** OCRBench v2's boxes, on a grid of 1000. Sources: MultimodalOCR OCRBench_v2/eval_scripts `IoUscore_metric.py`, `spotting_metric.py`. */

import { parseFloatPython, parseIntPython, python, pythonRegex, strip, upper } from "llava-eval";

export type Box = readonly [x1: number, y1: number, x2: number, y2: number];
export interface Spotted {
  readonly box: Box;
  readonly text: string;
}

type Value = Exclude<ReturnType<typeof python.literal>, undefined>;

const area = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);

function shared(a: Box, b: Box): number {
  const [width, height] = [Math.min(a[2], b[2]) - Math.max(a[0], b[0]), Math.min(a[3], b[3]) - Math.max(a[1], b[1])];
  return Math.max(0, width) * Math.max(0, height);
}

/** Corners may be in any order here, and a box's area below nothing. */
export function overlap(a: Box, b: Box): number {
  const both = shared(a, b);
  const all = area(a) + area(b) - both;
  return all === 0 ? 0 : both / all;
}

/** The first four of cells that are all numbers, each cut to a whole one. */
export function boxOf(cells: readonly unknown[]): Box | undefined {
  const whole = cells.map((cell) => {
    const number = typeof cell === "string" ? parseIntPython(cell) : Number(cell ?? Number.NaN);
    return number === undefined || !Number.isFinite(number) ? undefined : Math.trunc(number);
  });
  return whole.length >= 4 && !whole.includes(undefined) ? (whole.slice(0, 4) as unknown as Box) : undefined;
}

const isOnGrid = (box: Box): boolean => box.every((one) => one >= 0 && one <= 1000);

const bracketed = pythonRegex("[\\(\\[]\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*[\\)\\]]", "g");

/** The last of four whole numbers in brackets. */
export function lastBox(text: string): Box | undefined {
  const boxes = [...text.matchAll(bracketed)].map(([, ...cells]) => boxOf(cells));
  return boxes.findLast((box) => box !== undefined && isOnGrid(box));
}

/** The box of a dictionary's "bbox": a list as a text. */
export function literalBox(text: string): Box | undefined {
  const value = python.literal(text);
  return Array.isArray(value) ? boxOf((value as readonly Value[]).map(plain)) : undefined;
}

/** A float as the number that it is. */
const plain = (value: Value): unknown =>
  typeof value === "object" && value !== null ? parseFloatPython(python.str(value)) : value;

const group = pythonRegex("[\\[\\(]\\s*([^\\[\\]\\(\\)]*?)\\s*[\\]\\)]", "g");

/** "[x1, y1, x2, y2, text]" of a list, or wherever such brackets stand; each once. */
export function spottedIn(text: string): readonly Spotted[] {
  const found = new Map<string, Spotted>();
  for (const cells of spottedCells(text)) {
    const box = boxOf(cells.slice(0, 4).map((cell) => strip(cell)));
    if (box === undefined || !isOnGrid(box)) continue;
    const word = strip(strip(strip((cells[4] ?? "").replaceAll("\n", "")), '"'), "'");
    const key = JSON.stringify([box, word]);
    if (!found.has(key)) found.set(key, { box, text: word });
  }
  return [...found.values()];
}

function spottedCells(text: string): readonly (readonly string[])[] {
  const value = python.literal(text);
  const items = value === undefined ? groupsIn(text) : Array.isArray(value) ? (value as readonly Value[]) : [];
  return items.flatMap((item) =>
    Array.isArray(item) && item.length >= 5 ? [(item as readonly Value[]).map(python.str)] : [],
  );
}

function groupsIn(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(group)].map(([, inner = ""]) => {
    const parts = inner.split(",");
    return parts.length < 5 ? parts : [...parts.slice(0, 4), parts.slice(4).join(",")];
  });
}

const outer = "!?.:,*\"()·[]/'";

/** Equal but for case, and for one mark at either end of the reference. */
function isSameWord(reference: string, word: string): boolean {
  const [wanted, said] = [upper(reference), upper(word)];
  const [first, last] = [outer.includes(wanted.charAt(0)), outer.includes(wanted.charAt(wanted.length - 1))];
  return (
    wanted === said ||
    (first && wanted.slice(1) === said) ||
    (last && wanted.slice(0, -1) === said) ||
    (first && last && wanted.slice(1, -1) === said)
  );
}

const inQuotes = pythonRegex('^\\s*"(.*)"\\s*$');

/** The competition's files may have words in quotes. */
function unquoted(text: string): string {
  const [, inner] = inQuotes.exec(text) ?? [];
  return inner?.replaceAll("\\\\", "\\").replaceAll('\\"', '"') ?? text;
}

/** The competition's mark for words that do not count. */
const ignored = "###";

/**
 * Robust Reading Competition, end to end: the harmonic mean of precision and recall, boxes that cover each other by more than half paired in
 * their order. Where no word counts there is nothing to be found, and nothing to be had. An empty word that is compared stops the script: 0.
 */
export function spottingCredit(said: readonly Spotted[], wanted: readonly Spotted[]): number {
  const plainWords = (all: readonly Spotted[]) => all.map(({ box, text }) => ({ box, text: unquoted(text) }));
  const boxes = plainWords(said.filter(({ box: [x1, y1, x2, y2] }) => x1 < x2 && y1 < y2));
  const words = plainWords(wanted);
  const blind = words.filter(({ text }) => text === ignored);
  const counted = words.filter(({ text }) => text !== ignored);
  const free = boxes.filter(({ box }) => !blind.some((one) => shared(one.box, box) / area(box) > 0.5));
  const counts = { wanted: counted.length, said: free.length };
  if (counts.wanted === 0 || counts.said === 0) return 0;
  let right = 0;
  for (const one of counted) {
    const at = free.findIndex(({ box }) => overlap(box, one.box) > 0.5);
    const [match] = at < 0 ? [] : free.splice(at, 1);
    if (match && one.text === "" && match.text !== "") return 0;
    if (match && isSameWord(one.text, match.text)) right++;
  }
  return (2 * right) / (counts.wanted + counts.said);
}
