/** ScreenSpot: boxes in answers against the element that a command means. */

import { boxIn, boxScored, type Output, type Score } from "llava-eval";

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
