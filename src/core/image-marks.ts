import type { ImageRef } from "./image.js";

/** Something drawn on an image before a model sees it, as Pillow's `ImageDraw` draws it. */
export type Mark =
  | {
      readonly shape: "rectangle";
      /** Left, top, right, bottom; the edges belong to the rectangle. */
      readonly corners: readonly [number, number, number, number];
      /** Of the corners: pixels, or fractions of the image's width and height. */
      readonly unit: "pixels" | "fraction";
      readonly colour: readonly [red: number, green: number, blue: number];
      /** Pixels, inwards. */
      readonly width: number;
    }
  | {
      readonly shape: "polygon";
      /** x, y, x, y, ... in pixels; closed by a line from the last to the first. */
      readonly points: readonly number[];
      readonly colour: readonly [red: number, green: number, blue: number];
    };

/** The image with marks; it is re-encoded without loss when it is read. */
export function withMarks(image: ImageRef, ...marks: readonly Mark[]): ImageRef {
  return {
    ...(image.path === undefined ? {} : { path: image.path }),
    bytes: () => image.bytes(),
    marks: [...(image.marks ?? []), ...marks],
  };
}
