import { expect, test } from "vitest";
import { readMask } from "../../src/images/mask.js";
import { type DrawnMask, maskImage } from "../fakes/images.js";

const read = async (drawn: DrawnMask) => {
  const bytes = await maskImage(drawn);
  return await readMask({ bytes: async () => bytes });
};
const box = [8, 8, 8, 8] as const;

test.each(["grey png", "colour png", "grey jpeg"] as const)("a %s has the values of its file", async (form) => {
  const { width, height, values, digest } = await read({ box, grey: 200, form });
  expect([width, height, values.length]).toEqual([32, 24, 32 * 24]);
  // The box fills whole blocks of a JPEG.
  expect([values[8 * 32 + 8], values[15 * 32 + 15], values[7 * 32 + 8], values[0]]).toEqual([200, 200, 0, 0]);
  expect(digest).toMatch(/^[0-9a-f]{32}$/);
});

test("half a mask is no mask, though half an image is shown", async () => {
  const bytes = await maskImage({ width: 640, height: 480, box: [0, 0, 600, 400], grey: 77, form: "grey jpeg" });
  const cut = bytes.subarray(0, bytes.length - 300);
  await expect(readMask({ bytes: async () => cut })).rejects.toMatchObject({ reason: "data" });
});
