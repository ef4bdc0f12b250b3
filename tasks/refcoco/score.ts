/** RefCOCO: boxes in answers against the region that an expression describes. */

import { boxIn, boxScored, type Output, type Score } from "llava-eval";
import { type Box, jsonBoxes } from "./json-boxes.js";

/** RefCOCO: the first "[a, b, c, d]" of the answer against the target, both in fractions of the image. */
export function boxScore(target: Box, output: Output): Score {
  const box = parseBox(output.text);
  return boxScored(box ? [box] : [], target, { inFractions: true });
}

/**
 * lmms-eval's grounding tasks: every box of the answer's JSON, as pixels and as thousandths of the image; the one that fits
 * best counts, which is generous.
 *
 * @param target in pixels
 */
export function jsonBoxScore(target: Box, [width, height]: readonly [number, number], output: Output): Score {
  const readings = jsonBoxes(output.text).flatMap((box): Box[] => [
    box,
    [(box[0] * width) / 1000, (box[1] * height) / 1000, (box[2] * width) / 1000, (box[3] * height) / 1000],
  ]);
  return boxScored(readings, target, { inFractions: false });
}

/** [x, y, width, height] in pixels as corners in pixels. */
export function cornersOf([x, y, width, height]: readonly number[]): Box {
  const [left, top] = [x as number, y as number];
  return [left, top, left + (width as number), top + (height as number)];
}

/** Corners in pixels as fractions of the image. */
export function fractionsOf([x1, y1, x2, y2]: Box, [width, height]: readonly [number, number]): Box {
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

/** The first "[a, b, c, d]" of a text; undefined without one. */
export function parseBox(text: string): Box | undefined {
  return boxIn(text, "square");
}
