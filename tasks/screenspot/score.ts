/** ScreenSpot: boxes in answers against the element that a command means. */

import { boxIn, boxScored, type Output, type Score } from "llava-eval";
import { asTheySay, clickedPoint, isInside, pointScored, type Size } from "./points.js";

export type Box = NonNullable<ReturnType<typeof boxIn>>;

/** ScreenSpot: round brackets too, and thousandths. */
export function screenBoxScore(target: Box, output: Output): Score {
  const box = parseScreenBox(output.text);
  return boxScored(box ? [box] : [], target, { inFractions: true });
}

/** ScreenSpot: square or round brackets; coordinates above 1 are thousandths. */
export function parseScreenBox(text: string): Box | undefined {
  const box = boxIn(text, "any");
  return box?.some((value) => value > 1) === true ? (box.map((value) => value / 1000) as unknown as Box) : box;
}

/** VLMEvalKit has no box of the answer: one click, which is at the corner where there is none. */
export function clickScore(target: Box, text: string, size: Size | undefined): Score {
  if (size === undefined) return { status: "unscored", reason: "data", detail: "the image's size is not known" };
  const point = clickedPoint(text);
  const hit = point !== undefined && isInside(asTheySay(point, size), target);
  const value = { Center_ACC: hit ? 1 : 0 };
  return pointScored(point, value, { target: `[${target.join(", ")}]`, isReadable: point !== undefined });
}
