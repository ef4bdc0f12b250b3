/** Scores of boxes in answers: what the RefCOCO and ScreenSpot tasks call. */

import type { Score } from "../core/score.js";
import { type Box, boxMeasures, noBox } from "./boxes.js";

/**
 * The measures of the answer's box that fits best; an answer without one is `unparsable`.
 *
 * @param inFractions both are in fractions of the image: a box with a part outside 0..1 is in another unit than was asked for
 */
export function boxScored(
  answers: readonly Box[],
  target: Box,
  { inFractions }: { readonly inFractions: boolean },
): Score {
  let best: Box | undefined;
  let measures = boxMeasures(noBox, target);
  for (const box of answers) {
    const own = boxMeasures(box, target);
    if (best !== undefined && (own.IoU as number) <= (measures.IoU as number)) continue;
    best = box;
    measures = own;
  }
  const score = { status: "scored", value: measures, answer: list(best ?? noBox), targets: [list(target)] } as const;
  const isReadable = best !== undefined && (!inFractions || best.every((part) => part >= 0 && part <= 1));
  return isReadable ? score : { ...score, remark: "unparsable" };
}

const list = (box: Box) => `[${box.join(", ")}]`;
