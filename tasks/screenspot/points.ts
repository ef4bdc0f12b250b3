/** Points in answers about screens, and their units: ScreenSpot-Pro, ScreenSpot-v2, OSWorld-G. */

import {
  boxIn,
  type ImageRef,
  lower,
  type Prompt,
  parseFloatPython,
  pythonRegex,
  type Score,
  type Scoring,
} from "llava-eval";
import type { Box } from "./score.js";

export type Point = readonly [x: number, y: number];
export type Size = readonly [width: number, height: number];

const NUMBER = "-?\\d+(?:\\.\\d+)?%?";
const anyNumber = pythonRegex(NUMBER, "g");
// lmms-eval's patterns in steps, so that no long reply is searched again from each of its beginnings.
const opening = pythonRegex("<\\s*bbox", "i");
const closing = pythonRegex("<\\s*/\\s*bbox\\s*>", "i");
const pair = pythonRegex(`[\\[(]\\s*(${NUMBER})(?:\\s*,\\s*|\\s+)(${NUMBER})\\s*[\\])]`);
const [namedX, namedY] = ["x", "y"].map((name) => pythonRegex(`${name}['"]?\\s*[:=]\\s*(${NUMBER})`, "i"));
const click = pythonRegex("x=([\\d.]+), y=([\\d.]+)");
const doubled = pythonRegex("\\[\\[(\\d+(?:\\.\\d+)?(?:,\\d+(?:\\.\\d+)?)+)\\]\\]");

const amountOf = (token: string): number =>
  token.endsWith("%") ? (parseFloatPython(token.slice(0, -1)) ?? 0) / 100 : (parseFloatPython(token) ?? 0);
const numbersIn = (text: string): readonly number[] => (text.match(anyNumber) ?? []).map(amountOf);

/** Of the first four numbers, as a box; of the first two, as a point. */
function pointOf([x1, y1, x2, y2]: readonly (number | undefined)[]): Point | undefined {
  if (x1 === undefined || y1 === undefined) return undefined;
  return x2 === undefined || y2 === undefined ? [x1, y1] : [(x1 + x2) / 2, (y1 + y2) / 2];
}

/** What stands between the first "<bbox ...>" and the end of it. */
function tagged(text: string): string {
  const open = opening.exec(text);
  const start = open === null ? -1 : text.indexOf(">", open.index);
  if (start < 0) return "";
  const rest = text.slice(start + 1);
  return rest.slice(0, closing.exec(rest)?.index ?? 0);
}

/** The first x by name, and the first y behind it. */
function byName(text: string): Point | undefined {
  const x = namedX?.exec(text);
  const y = x && namedY?.exec(text.slice(x.index + x[0].length));
  return x && y ? [amountOf(x[1] as string), amountOf(y[1] as string)] : undefined;
}

/** lmms-eval: a marked box's centre, else "[x, y]", else x and y by name, else the first numbers anywhere. */
export function anyPoint(text: string): Point | undefined {
  const marked = numbersIn(tagged(text));
  if (marked.length >= 4) return pointOf(marked);
  const [, x, y] = pair.exec(text) ?? [];
  if (x !== undefined && y !== undefined) return [amountOf(x), amountOf(y)];
  const point = byName(text);
  if (point !== undefined) return point;
  const numbers = numbersIn(text);
  const isBox = numbers.length >= 4 && /box|rect/.test(lower(text));
  return pointOf(isBox ? numbers : numbers.slice(0, 2));
}

/** The form that ScreenSpot-Pro's authors ask of GPT-4: "[[x, y]]", or a box in as many brackets, without blanks. */
export function doubledPoint(text: string): Point | undefined {
  const [, inner] = doubled.exec(text) ?? [];
  const numbers = inner?.split(",").map(Number) ?? [];
  return numbers.length === 2 || numbers.length === 4 ? pointOf(numbers) : undefined;
}

/** A box in brackets is its centre, where lmms-eval takes a corner. */
export const officialPoint = (text: string): Point | undefined =>
  doubledPoint(text) ?? pointOf(boxIn(text, "any") ?? []) ?? anyPoint(text);

/** VLMEvalKit: pyautogui's "x=.., y=.." alone. A reply without it clicks at the corner; one that is no number is an error of form. */
export function clickedPoint(text: string): Point | undefined {
  const [, x, y] = click.exec(text) ?? ["", "0", "0"];
  const point = [parseFloatPython(x as string), parseFloatPython(y as string)];
  return point.some((part) => part === undefined) ? undefined : (point as unknown as Point);
}

export const isInside = ([x, y]: Point, [x1, y1, x2, y2]: Box): boolean => x >= x1 && x <= x2 && y >= y1 && y <= y2;
export const isFraction = (point: Point): boolean => point.every((part) => part >= 0 && part <= 1);
export const dividedBy = ([x, y]: Point, [width, height]: Size): Point => [x / width, y / height];

/** lmms-eval and VLMEvalKit: what is above 1 is in pixels. */
export const asTheySay = (point: Point, size: Size): Point =>
  point[0] > 1 || point[1] > 1 ? dividedBy(point, size) : point;

/** Numbers of a list, or of a list in a text. */
export const numbersOf = (cell: readonly number[] | string): readonly number[] =>
  typeof cell === "string" ? (cell.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number) : cell;

/** Of x, y, width and height in pixels, in fractions; VLMEvalKit's box ends a pixel earlier. */
export function boxOfPixels([x, y, w, h]: Box, [width, height]: Size, scoring: Scoring): Box {
  const last = scoring === "vlmevalkit" ? 1 : 0;
  return [x / width, y / height, (x + w - last) / width, (y + h - last) / height];
}

export const boxFrom = (numbers: readonly number[]): Box | undefined =>
  numbers.length === 4 ? (numbers as unknown as Box) : undefined;

/** An answer's point as people read it. */
const shown = (point: Point | undefined): string => (point === undefined ? "" : `[${point.join(", ")}]`);

/** @param isReadable  false: no point, or one in another unit than was asked for */
export function pointScored(
  point: Point | undefined,
  value: Readonly<Record<string, number>>,
  { target, isReadable }: { readonly target: string; readonly isReadable: boolean },
): Score {
  const score = { status: "scored", value, answer: shown(point), targets: [target] } as const;
  return isReadable ? score : { ...score, remark: "unparsable" };
}

const REQUEST = "Please complete the following tasks by clicking using `pyautogui.click`:\n";
const AGENT =
  "You are a GUI agent. You are given a task and a screenshot of the screen. You need to perform pyautogui click/moveTo action to complete the task. The answer format is `pyautogui.click(x=?, y=?), x and y is necessary`";

/** VLMEvalKit's words for all of them. */
export function clickPrompt(image: ImageRef, instruction: string): Prompt {
  return {
    messages: [
      { role: "system", parts: [{ type: "text", text: AGENT }] },
      {
        role: "user",
        parts: [
          { type: "image", image },
          { type: "text", text: REQUEST + instruction },
        ],
      },
    ],
  };
}
