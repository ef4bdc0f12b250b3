/** RoboSpatial's targets: a free place as a polygon in fractions of the image. */

import { python } from "llava-eval";
import type { Point } from "./points.js";

export type Polygon = readonly Point[];

/** "[(0.1, 0.2), ...]", tuples or lists; undefined for what has no inside. */
export function polygonOf(text: string): Polygon | undefined {
  const read = python.literal(text.trim());
  if (!Array.isArray(read) || read.length < 3) return undefined;
  const corners = read.map((corner: unknown) => (Array.isArray(corner) ? corner.map(numberOf) : []));
  return corners.every((corner) => corner.length === 2 && corner.every(Number.isFinite))
    ? (corners as unknown as Polygon)
    : undefined;
}

const numberOf = (value: unknown): number => {
  if (value instanceof python.Float) return value.value;
  return typeof value === "number" ? value : Number.NaN;
};

const before = (polygon: Polygon, i: number): Point => polygon[(i + polygon.length - 1) % polygon.length] as Point;

/** Even-odd, as the authors have it; a point on an edge may be on either side. */
export function isInside([x, y]: Point, polygon: Polygon): boolean {
  return polygon.reduce((inside, [x1, y1], i) => {
    const [x2, y2] = before(polygon, i);
    return y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1 ? !inside : inside;
  }, false);
}

/**
 * Even-odd, as VLMEvalKit has it. Wherever a point lies, it crosses an edge that stands upright: in a rectangle, which has two of them, there is
 * nothing.
 */
export function isInsideVlmEvalKit([x, y]: Point, polygon: Polygon): boolean {
  return polygon.reduce((inside, [x2, y2], i) => {
    const [x1, y1] = before(polygon, i);
    if (y <= Math.min(y1, y2) || y > Math.max(y1, y2)) return inside;
    return x1 === x2 || x <= ((y - y1) * (x2 - x1)) / (y2 - y1) + x1 ? !inside : inside;
  }, false);
}
