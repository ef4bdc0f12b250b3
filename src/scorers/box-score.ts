/** Scores of boxes in answers: what the RefCOCO and ScreenSpot tasks call. */

import type { Output } from "../core/runner.js";
import type { Score } from "../core/score.js";
import { strip } from "../text/python-strings.js";
import { type Box, boxMeasures, intersectionOverUnion, noBox, parseBox, parseScreenBox } from "./boxes.js";
import { jsonBoxes } from "./json-boxes.js";

/** @param readable false: a box by the rule, and in another unit than was asked for (thousandths, pixels) */
function scored(answer: Box | undefined, target: Box, readable = answer !== undefined): Score {
  const box = answer ?? noBox;
  const score = {
    status: "scored",
    value: boxMeasures(box, target),
    answer: list(box),
    targets: [list(target)],
  } as const;
  return readable ? score : { ...score, remark: "unparsable" };
}

const list = (box: Box) => `[${box.join(", ")}]`;

/** RefCOCO: the first "[a, b, c, d]" of the answer against the target, both in fractions of the image. */
export function boxScore(target: Box, output: Output): Score {
  return inFractions(parseBox(strip(output.text)), target);
}

/** ScreenSpot: round brackets too, and thousandths. */
export function screenBoxScore(target: Box, output: Output): Score {
  return inFractions(parseScreenBox(strip(output.text)), target);
}

function inFractions(answer: Box | undefined, target: Box): Score {
  return scored(answer, target, answer?.every((part) => part >= 0 && part <= 1) ?? false);
}

/**
 * lmms-eval's grounding tasks: every box of the answer's JSON, as pixels and as thousandths of the image; the one that fits
 * best counts, which is generous.
 *
 * @param target in pixels
 */
export function jsonBoxScore(target: Box, [width, height]: readonly [number, number], output: Output): Score {
  const readings = jsonBoxes(strip(output.text)).flatMap((box): Box[] => [
    box,
    [(box[0] * width) / 1000, (box[1] * height) / 1000, (box[2] * width) / 1000, (box[3] * height) / 1000],
  ]);
  let best: Box | undefined;
  let bestIou = Number.NEGATIVE_INFINITY;
  for (const box of readings) {
    const iou = intersectionOverUnion(box, target);
    const value = Number.isNaN(iou) ? 0 : iou;
    if (value > bestIou) [best, bestIou] = [box, value];
  }
  return scored(best, target);
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
