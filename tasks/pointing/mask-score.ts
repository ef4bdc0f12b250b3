/** What share of an answer's points lies in a mask: RefSpatial, Where2Place. */

import type { Score, ScoreContext } from "llava-eval";
import { type Point, pairsIn, pixel, type Region, type Size, scaled } from "./points.js";

export type Mask = NonNullable<ScoreContext["masks"]>[number];
/** What a grey value counts. */
export type Weight = (grey: number) => number;

export const whole: Weight = (grey) => (grey > 0 ? 1 : 0);
export const fraction: Weight = (grey) => grey / 255;
/** numpy rounds a half to the even number; no grey value is one. */
export const nearest: Weight = (grey) => Math.round(grey / 255);

export const sizeOf = ({ width, height }: Mask): Size => [width, height];
const isWithin = ([width, height]: Size, [x, y]: Point): boolean => x >= 0 && y >= 0 && x < width && y < height;
export const weightAt = (mask: Mask, [x, y]: Point, weight: Weight): number =>
  isWithin(sizeOf(mask), [x, y]) ? weight(mask.values[y * mask.width + x] as number) : 0;

/** Of all points of the regions; one outside the image counts 0. */
export function shareIn(mask: Mask, regions: readonly Region[], weight: Weight): number {
  let [points, inside] = [0, 0];
  let sums: Float64Array | undefined;
  for (const [x1, y1, x2, y2] of regions) {
    const count = (x2 - x1) * (y2 - y1);
    points += count;
    if (count === 1) inside += weightAt(mask, [x1, y1], weight);
    else {
      sums ??= sumsOf(mask, weight);
      inside += sumWithin(sums, sizeOf(mask), [x1, y1, x2, y2]);
    }
  }
  return points === 0 ? 0 : inside / points;
}

/** Of all that lies above and to the left of each corner: an answer may be full of boxes. */
function sumsOf({ width, height, values }: Mask, weight: Weight): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += weight(values[y * width + x] as number);
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] as number) + row;
    }
  }
  return sums;
}

function sumWithin(sums: Float64Array, [width, height]: Size, [x1, y1, x2, y2]: Region): number {
  const upTo = (x: number, y: number) => {
    const [column, line] = [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
    return sums[line * (width + 1) + column] as number;
  };
  return upTo(x2, y2) - upTo(x1, y2) - upTo(x2, y1) + upTo(x1, y1);
}

/** Of the mask that a row has; a row without one, or with an empty one, has no right answer. */
export function soleMask({ masks = [] }: ScoreContext): Mask | undefined {
  const [mask] = masks;
  return mask?.values.some((grey) => grey > 0) ? mask : undefined;
}

/**
 * What the answer would count if all its numbers above 1 were pixels, or thousandths: no answer says which it means. Pairs in any brackets.
 * @param asked  the largest number of the unit that was asked for: 1, 1000
 */
export function inOtherUnits(
  text: string,
  { mask, weight, asked }: { readonly mask: Mask; readonly weight: Weight; readonly asked: 1 | 1000 },
) {
  const points = pairsIn(text).map(([x, y]): Point => [x.value, y.value]);
  const inFractions = points.flat().every((part) => part >= 0 && part <= 1);
  const share = ([width, height]: Size) => {
    const unit: Point = inFractions ? [1, 1] : [width, height];
    const pixels = points.map(([x, y]) => pixel(scaled(x / unit[0], mask.width), scaled(y / unit[1], mask.height)));
    return shareIn(mask, pixels, weight);
  };
  return {
    value: {
      if_pixels: share(sizeOf(mask)),
      if_thousandths: share([1000, 1000]),
      ...(points.length > 0 && { in_fractions: inFractions ? 1 : 0 }),
    },
    isAsked: points.length > 0 && points.flat().every((part) => part >= 0 && part <= asked),
  };
}

/** @param isReadable  false: no point, or one in another unit than was asked for */
export function regionsScored(
  regions: readonly Region[],
  value: Readonly<Record<string, number>>,
  isReadable: boolean,
): Score {
  const shown = regions.map(([x1, y1, x2, y2]) => (x2 - x1 === 1 && y2 - y1 === 1 ? [x1, y1] : [x1, y1, x2, y2]));
  const answer = regions.length === 0 ? "" : JSON.stringify(shown);
  const score = { status: "scored", value, answer } as const;
  return isReadable ? score : { ...score, remark: "unparsable" };
}
