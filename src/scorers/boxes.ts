/** Boxes in answers: referring expressions (RefCOCO, Yu et al. 2016) and screen elements (ScreenSpot, Cheng et al. 2024). */

import { parseFloatPython } from "../text/python-numbers.js";
import { pythonRegex } from "../text/python-regex.js";

/** Left, top, right, bottom. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

const corner = "\\s*(-?\\d+(?:\\.\\d+)?)";
const corners = [corner, corner, corner, corner].join(",");
const patterns = {
  square: pythonRegex(`\\[${corners}\\s*\\]`),
  any: pythonRegex(`\\[${corners}\\s*\\]|\\(${corners}\\s*\\)`),
};

/** The first "[a, b, c, d]" of a text, or with `any` brackets "(a, b, c, d)" too; undefined without one. */
export function boxIn(text: string, brackets: keyof typeof patterns): Box | undefined {
  const match = patterns[brackets].exec(text);
  if (match === null) return undefined;
  return match
    .slice(1)
    .filter((group) => group !== undefined)
    .map((group) => parseFloatPython(group) ?? 0) as unknown as Box;
}

/** The box that stands for an answer without one. */
export const noBox: Box = [0, 0, 0, 0];

/**
 * Intersection over union on the corners as they are: an inverted box has a negative side and gives values outside 0..1.
 * NaN when the union is empty.
 */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const intersection = width * height;
  const union = area(a) + area(b) - intersection;
  return union === 0 ? Number.NaN : intersection / union;
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}

/** The centre of the answer lies in the target, edges included. */
export function centreInside(answer: Box, target: Box): boolean {
  const x = (answer[0] + answer[2]) / 2;
  const y = (answer[1] + answer[3]) / 2;
  return x >= target[0] && x <= target[2] && y >= target[1] && y <= target[3];
}

/** IoU at which an answer counts as found. */
export const iouThresholds: readonly number[] = [0.1, 0.3, 0.5, 0.7, 0.9];

/** The measures of one answer: `IoU`, `ACC@t`, `Center_ACC`. A pair without any area has IoU 0. */
export function boxMeasures(answer: Box, target: Box): Record<string, number> {
  const iou = intersectionOverUnion(answer, target);
  const value = Number.isNaN(iou) ? 0 : iou;
  return {
    IoU: value,
    ...Object.fromEntries(iouThresholds.map((t) => [`ACC@${t}`, value >= t ? 1 : 0])),
    Center_ACC: centreInside(answer, target) ? 1 : 0,
  };
}
