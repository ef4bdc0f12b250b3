import { expect, test } from "vitest";
import { SampleFailure } from "../../../src/core/errors.js";
import type { EncodedImage } from "../../../src/core/image.js";
import { Pictures } from "../../../src/runners/local/pictures.js";

const image = (digest: string): EncodedImage => ({
  bytes: new Uint8Array(),
  mediaType: "image/png",
  width: 10,
  height: 10,
  digest,
});
const decoded = { width: 10, height: 10, rgb: new Uint8Array(300), warnings: [] };

function counting(wait: () => Promise<void> = async () => {}) {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  return {
    asked,
    most: () => most,
    decode: async ({ digest }: EncodedImage) => {
      asked.push(digest);
      most = Math.max(most, ++running);
      await wait();
      running -= 1;
      return decoded;
    },
  };
}

test("a picture is decoded once for all questions about it, also when they come together", async () => {
  const { asked, decode } = counting();
  const pictures = new Pictures(decode);
  await Promise.all([pictures.get(image("a")), pictures.get(image("a")), pictures.get(image("b"))]);
  await pictures.get(image("a"));
  expect(asked).toEqual(["a", "b"]);
});

test("the picture used least recently is forgotten when the budget is spent", async () => {
  const { asked, decode } = counting();
  const pictures = new Pictures(decode, 700);
  for (const name of ["a", "b", "a", "c", "a", "b"]) await pictures.get(image(name));
  expect(asked).toEqual(["a", "b", "c", "b"]);
});

test("four pictures are decoded at a time", async () => {
  const { most, asked, decode } = counting(() => new Promise((resolve) => setImmediate(resolve)));
  const pictures = new Pictures(decode);
  await Promise.all(Array.from({ length: 20 }, (_, i) => pictures.get(image(String(i)))));
  expect(most()).toBe(4);
  expect(asked).toHaveLength(20);
});

test("a failure is not remembered", async () => {
  let failures = 1;
  const pictures = new Pictures(async () => {
    if (failures-- > 0) throw new SampleFailure("data", "torn");
    return decoded;
  });
  await expect(pictures.get(image("a"))).rejects.toThrow("torn");
  await expect(pictures.get(image("a"))).resolves.toBe(decoded);
});
