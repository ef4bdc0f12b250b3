/** Draws marks on pixels exactly as Pillow's `ImageDraw` does: the references' models see Pillow's lines. */

import type { Mark } from "../core/image.js";
import type { DecodedImage } from "./decode.js";

type Canvas = Pick<DecodedImage, "width" | "height" | "rgb">;

/** Draws in place; what lies outside the image is left out. */
export function drawMarks(canvas: Canvas, marks: readonly Mark[]): void {
  for (const mark of marks) {
    if (mark.shape === "rectangle") drawRectangle(canvas, mark);
    else drawPolygon(canvas, mark);
  }
}

/** The outline grows inwards; corners are cut off to integers, as Pillow does. */
function drawRectangle(canvas: Canvas, mark: Extract<Mark, { shape: "rectangle" }>): void {
  const scale = mark.unit === "fraction" ? [canvas.width, canvas.height, canvas.width, canvas.height] : [1, 1, 1, 1];
  const [x0, y0, x1, y1] = mark.corners.map((value, i) => Math.trunc(value * (scale[i] as number))) as [
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < mark.width; i++) {
    horizontal(canvas, [x0, x1], y0 + i, mark.colour);
    horizontal(canvas, [x0, x1], y1 - i, mark.colour);
    line(canvas, [x1 - i, y0 + mark.width], [x1 - i, y1 - mark.width + 1], mark.colour);
    line(canvas, [x0 + i, y0 + mark.width], [x0 + i, y1 - mark.width + 1], mark.colour);
  }
}

function drawPolygon(canvas: Canvas, { points, colour }: Extract<Mark, { shape: "polygon" }>): void {
  const corners: Point[] = [];
  for (let i = 0; i + 1 < points.length; i += 2)
    corners.push([Math.trunc(points[i] as number), Math.trunc(points[i + 1] as number)]);
  for (const [i, corner] of corners.entries()) line(canvas, corner, corners[(i + 1) % corners.length] as Point, colour);
}

type Colour = Mark["colour"];
type Point = readonly [x: number, y: number];

function point({ width, height, rgb }: Canvas, x: number, y: number, colour: Colour): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  rgb.set(colour, (y * width + x) * 3);
}

function horizontal(canvas: Canvas, [x0, x1]: readonly [number, number], y: number, colour: Colour): void {
  const from = Math.max(0, Math.min(x0, x1));
  const to = Math.min(canvas.width - 1, Math.max(x0, x1));
  for (let x = from; x <= to; x++) point(canvas, x, y, colour);
}

/** Bresenham's line, the last point left out: the next side of a polygon begins there. */
function line(canvas: Canvas, [x0, y0]: Point, [x1, y1]: Point, colour: Colour): void {
  const dx = Math.abs(x1 - x0);
  const dy = Math.abs(y1 - y0);
  const stepX = x1 < x0 ? -1 : 1;
  const stepY = y1 < y0 ? -1 : 1;
  const flat = dx > dy;
  const [long, short] = flat ? [dx, dy] : [dy, dx];
  let error = 2 * short - long;
  let [x, y] = [x0, y0];
  // Points far outside the image are skipped one by one; polygons of datasets lie inside it.
  for (let i = 0; i < long; i++) {
    point(canvas, x, y, colour);
    if (error >= 0) {
      if (flat) y += stepY;
      else x += stepX;
      error -= 2 * long;
    }
    error += 2 * short;
    if (flat) x += stepX;
    else y += stepY;
  }
}
