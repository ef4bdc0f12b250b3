import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { SampleFailure } from "../../../src/core/errors.js";
import type { EncodedImage } from "../../../src/core/image.js";
import { DecodedImages } from "../../../src/runners/local/decoded-images.js";

/** 300 bytes when decoded, or `height` x 30. */
const image = (digest: string, height = 10): EncodedImage => ({
  bytes: new Uint8Array(),
  mediaType: "image/png",
  width: 10,
  height,
  digest,
});
const decoded = { width: 10, height: 10, rgb: new Uint8Array(300), warnings: [] };
const { signal } = new AbortController();
setMaxListeners(0, signal);
const turns = async (n = 5) => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};

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

test("an image is decoded once for all questions about it, also when they come together", async () => {
  const { asked, decode } = counting();
  const images = new DecodedImages(decode);
  const leases = await Promise.all(["a", "a", "b"].map((name) => images.lease([image(name)], signal)));
  for (const lease of leases) lease[Symbol.dispose]();
  using again = await images.lease([image("a"), image("b"), image("a")], signal);
  expect(again.images).toHaveLength(3);
  expect(asked).toEqual(["a", "b"]);
});

test("the image used least recently is forgotten when the budget is spent", async () => {
  const { asked, decode } = counting();
  const images = new DecodedImages(decode, 700);
  for (const name of ["a", "b", "a", "c", "a", "b"]) {
    using _ = await images.lease([image(name)], signal);
  }
  expect(asked).toEqual(["a", "b", "c", "b"]);
});

test("images in use never exceed the budget together; what waits comes in the order it asked", async () => {
  const { asked, decode } = counting();
  const images = new DecodedImages(decode, 700);
  const first = await images.lease([image("a"), image("b")], signal);
  const second = images.lease([image("c"), image("d")], signal);
  const third = images.lease([image("e")], signal);
  using shared = await images.lease([image("b")], signal); // what is there already costs nothing
  await turns();
  expect(asked).toEqual(["a", "b"]);
  first[Symbol.dispose]();
  first[Symbol.dispose](); // twice is once
  await turns();
  expect(asked).toEqual(["a", "b"]); // "b" is still in use: two more do not fit, and "e" does not overtake
  shared[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  expect(asked).toEqual(["a", "b", "c", "d", "e"]);
});

test("an image beyond the budget is decoded when it is alone", async () => {
  const { asked, decode } = counting();
  const images = new DecodedImages(decode, 700);
  const small = await images.lease([image("small")], signal);
  const large = images.lease([image("large", 1000)], signal);
  await turns();
  expect(asked).toEqual(["small"]);
  small[Symbol.dispose]();
  using _ = await large;
  expect(asked).toEqual(["small", "large"]);
});

test("a request that is given up while it waits, or while it is decoded, holds nothing", async () => {
  const { asked, decode } = counting(() => turns(2));
  const images = new DecodedImages(decode, 700);
  const first = await images.lease([image("a", 20)], signal);
  const stop = new AbortController();
  const given = images.lease([image("b", 20)], stop.signal);
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  first[Symbol.dispose]();
  const later = new AbortController();
  const decoding = images.lease([image("c", 20)], later.signal);
  later.abort(new Error("enough"));
  await expect(decoding).rejects.toThrow("enough");
  using _ = await images.lease([image("d", 20)], signal);
  expect(asked).toEqual(["a", "c", "d"]);
});

test("four images are decoded at a time", async () => {
  const { most, asked, decode } = counting(() => new Promise((resolve) => setImmediate(resolve)));
  const images = new DecodedImages(decode);
  await Promise.all(Array.from({ length: 20 }, (_, i) => images.lease([image(String(i))], signal)));
  expect(most()).toBe(4);
  expect(asked).toHaveLength(20);
});

test("a failure is not remembered, and frees its place", async () => {
  let failures = 1;
  const images = new DecodedImages(async () => {
    if (failures-- > 0) throw new SampleFailure("data", "torn");
    return decoded;
  }, 300);
  await expect(images.lease([image("a")], signal)).rejects.toThrow("torn");
  using lease = await images.lease([image("a")], signal);
  expect(lease.images).toEqual([decoded]);
});
