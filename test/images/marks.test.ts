import { expect, test } from "vitest";
import { withMarks } from "../../src/core/image-marks.js";
import { decodeImage } from "../../src/images/decode.js";
import { readImage } from "../../src/images/encoded.js";
import { drawMarks } from "../../src/images/marks.js";
import { encodePng } from "../../src/images/png.js";

/** Draws on black and shows what is red. */
function drawn(width: number, height: number, ...marks: Parameters<typeof drawMarks>[1]): string[] {
  const rgb = new Uint8Array(width * height * 3);
  drawMarks({ width, height, rgb }, marks);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (rgb[(y * width + x) * 3] === 255 ? "#" : ".")).join(""),
  );
}

const red = [255, 0, 0] as const;
const rectangle = (
  corners: readonly [number, number, number, number],
  width: number,
  unit: "pixels" | "fraction" = "pixels",
) => ({ shape: "rectangle", corners, unit, colour: red, width }) as const;

test("a rectangle's edges belong to it, and fractions of a pixel are cut off (Pillow)", () => {
  expect(drawn(6, 5, rectangle([1.9, 1, 4.2, 3.99], 1))).toEqual(["......", ".####.", ".#..#.", ".####.", "......"]);
});

test("a wider outline grows inwards, and fractions are of the image", () => {
  expect(drawn(8, 6, rectangle([0, 0, 0.9, 0.9], 2, "fraction"))).toEqual([
    ...["########", "########", "##....##", "##....##", "########", "########"],
  ]);
});

test("what lies outside the image is left out", () => {
  expect(drawn(4, 3, rectangle([-2, 1, 9, 7], 1))).toEqual(["....", "####", "...."]);
});

test("a polygon is closed, its lines are Bresenham's (Pillow)", () => {
  const triangle = { shape: "polygon", points: [0, 0, 5, 2, 0, 4], colour: red } as const;
  expect(drawn(6, 5, triangle)).toEqual(["##....", "#.##..", "#...##", "#.##..", "##...."]);
});

test("a marked image is read as a PNG of the marked pixels; an unmarked one keeps its bytes", async () => {
  const bytes = await encodePng(new Uint8Array(6 * 5 * 3).fill(9), 6, 5);
  const image = { path: "a.png", bytes: async () => bytes };
  expect((await readImage(image)).bytes).toBe(bytes);
  const marked = await readImage(withMarks(image, rectangle([0, 0, 5, 4], 1)));
  expect(marked).toMatchObject({ mediaType: "image/png", width: 6, height: 5 });
  const { rgb } = await decodeImage(marked);
  expect([...rgb.slice(0, 3), ...rgb.slice(7 * 3, 7 * 3 + 3)]).toEqual([255, 0, 0, 9, 9, 9]);
});
