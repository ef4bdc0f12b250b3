import { expect, test } from "vitest";
import type { ImageRef } from "../../src/core/image.js";
import { promptImages, promptText } from "../../src/core/prompt.js";
import { imagesAtMarks } from "../../src/prompts/marked-images.js";
import { imagesFirst, imagesInPlace } from "../../tasks/mmmu/images.js";

const image = (path: string): ImageRef => ({ path, bytes: async () => new Uint8Array() });
const paths = (prompt: Parameters<typeof promptImages<ImageRef>>[0]) => promptImages(prompt).map((one) => one.path);
const row = { image_1: image("1"), image_2: image("2"), image_3: null };

test("images first: each named one once, in the order of their tags' numbers", () => {
  const prompt = imagesFirst(row, "<image 2> or <image 1>, <image 2>? <image 3>");
  expect(paths(prompt)).toEqual(["1", "2"]);
  expect(promptText(prompt)).toBe("<image><image><image 2> or <image 1>, <image 2>? <image 3>");
});

test("images in place: by their number, and only where a tag stands first", () => {
  const prompt = imagesInPlace(row, "See <image 2> and <image 1>. Is <image 2> larger?");
  expect(paths(prompt)).toEqual(["2", "1"]);
  expect(promptText(prompt)).toBe("See<image>and<image>. Is <image 2> larger?");
});

test("images at marks: those without a mark come first, marks without an image are dropped", () => {
  const [a, b, c] = [image("a"), image("b"), image("c")];
  expect(promptText(imagesAtMarks([a, b, c], "x <image> y <image> z"))).toBe("<image>x <image> y <image> z");
  expect(paths(imagesAtMarks([a, b, c], "x <image> y"))).toEqual(["a", "b", "c"]);
  expect(promptText(imagesAtMarks([a], "x <image> y <image> z"))).toBe("x <image> y  z");
});
