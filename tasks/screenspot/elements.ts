/** ScreenSpot-Pro and ScreenSpot-v2: a point that lies in an element's box. */

import { type Metric, mean, type Score, type Scoring } from "llava-eval";
import {
  anyPoint,
  asTheySay,
  clickedPoint,
  dividedBy,
  isFraction,
  isInside,
  officialPoint,
  type Point,
  pointScored,
  type Size,
} from "./points.js";
import type { Box } from "./score.js";

/** An element of a screen. */
export interface Element {
  /** In fractions of the image. */
  readonly box: Box;
  readonly size: Size;
  /** text, icon */
  readonly kind: string;
}

const THOUSAND: Size = [1000, 1000];

/**
 * By official scoring a point counts in fractions, as it was asked for. What it would count if the numbers above 1 were pixels, or thousandths,
 * is given beside it: no answer says which it means.
 */
export function elementScore({ box, size, kind }: Element, text: string, scoring: Scoring): Score {
  const hit = (point: Point | undefined) => (point !== undefined && isInside(point, box) ? 1 : 0);
  const target = `[${box.join(", ")}]`;
  if (scoring === "official") {
    const point = officialPoint(text);
    const inFractions = point !== undefined && isFraction(point);
    const or = (unit: Size) => hit(point && (inFractions ? point : dividedBy(point, unit)));
    const action = hit(point);
    const unit = point && { in_fractions: inFractions ? 1 : 0 };
    const value = { action, [kind]: action, if_pixels: or(size), if_thousandths: or(THOUSAND), ...unit };
    return pointScored(point, value, { target, isReadable: inFractions });
  }
  const point = scoring === "vlmevalkit" ? clickedPoint(text) : anyPoint(text);
  const action = hit(point && asTheySay(point, size));
  // VLMEvalKit's own text and icon accuracies count some samples with the weight of all: only the whole is given here.
  const value = scoring === "vlmevalkit" ? { action } : { action, [kind]: action };
  return pointScored(point, value, { target, isReadable: point !== undefined });
}

export const elementMetrics: readonly Metric[] = [
  mean("action_acc", { of: "action" }),
  mean("text_acc", { of: "text" }),
  mean("icon_acc", { of: "icon" }),
  mean("action_acc_if_pixels", { of: "if_pixels" }),
  mean("action_acc_if_thousandths", { of: "if_thousandths" }),
  mean("in_fractions", { of: "in_fractions" }),
];

export const POINT_REQUEST =
  "Identify the UI element for the instruction and output exactly one click point as [x, y] in normalized coordinates within [0, 1]. Do not output a bounding box.\nInstruction: ";
