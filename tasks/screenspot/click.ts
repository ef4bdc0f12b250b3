/** ScreenSpot as VLMEvalKit scores it. */

import type { Score } from "llava-eval";
import { asTheySay, clickedPoint, isInside, pointScored, type Size } from "./points.js";
import type { Box } from "./score.js";

export const sizeUnknown: Score = { status: "unscored", reason: "data", detail: "the image's size is not known" };

/** VLMEvalKit has no box of the answer: one click, which is at the corner where there is none. */
export function clickScore(target: Box | undefined, text: string, size: Size | undefined): Score {
  if (size === undefined || target === undefined) return sizeUnknown;
  const point = clickedPoint(text);
  const hit = point !== undefined && isInside(asTheySay(point, size), target);
  const value = { Center_ACC: hit ? 1 : 0 };
  return pointScored(point, value, { target: `[${target.join(", ")}]`, isReadable: point !== undefined });
}
