import { expect, test } from "vitest";
import { SampleFailure } from "../../src/core/errors.js";
import type { ImageRef } from "../../src/core/image.js";
import { blobName, fromServed, toServed } from "../../src/fleet/served-rows.js";

const bytes = new Uint8Array([137, 80, 78, 71]);
const other = { $image: { name: "0".repeat(64) } };

async function travelled(row: Record<string, unknown>): Promise<Record<string, unknown>> {
  const blobs = new Map<string, Uint8Array>();
  const served = JSON.stringify(await toServed({ index: 3, row }, (name, of) => blobs.set(name, of)));
  const item = fromServed(JSON.parse(served), async (name) => {
    const blob = blobs.get(name);
    if (!blob) throw new Error(`${name} was not named`);
    return blob;
  });
  expect(item.index).toBe(3);
  return "row" in item ? item.row : {};
}

test("a row arrives as it was, what JSON has no word for too", async () => {
  const row = {
    ...{ text: "é\u0000\n", none: null, list: [1, [2.5], true], whole: 2n ** 60n, bytes: new Uint8Array([0, 255]) },
    ...{ nan: Number.NaN, below: Number.NEGATIVE_INFINITY, zero: -0, absent: undefined, nested: { a: [{ b: 1 }] } },
  };
  expect(await travelled(row)).toStrictEqual(row);
});

test("an image arrives by its digest, an absent one as absent", async () => {
  const image: ImageRef = { path: "a.png", ownFile: true, bytes: async () => bytes };
  const absent: ImageRef = {
    path: "b.png",
    bytes: () => Promise.reject(new SampleFailure("data", "b.png is not there")),
  };
  const row = (await travelled({ image, absent })) as { image: ImageRef; absent: ImageRef };
  expect(row.image).toMatchObject({ path: "a.png", ownFile: true });
  expect(await row.image.bytes()).toEqual(bytes);
  await expect(row.absent.bytes()).rejects.toThrow("b.png is not there");
  const names: string[] = [];
  await toServed({ index: 0, row: { image } }, (name) => names.push(name));
  expect(names).toEqual([blobName(bytes)]);
});

test("a row's own words never become an image, a number or bytes", async () => {
  const row = { other, deep: [{ $bytes: "AA==" }, { $object: [["a", 1]] }], both: { $number: "1", b: 2 } };
  expect(await travelled(row)).toStrictEqual(row);
});

test("a row that could not be read arrives as its failure; a clip is refused by name", async () => {
  const served = await toServed({ index: 1, failure: new SampleFailure("data", "no question") }, () => {});
  expect(fromServed(served, async () => bytes)).toMatchObject({
    index: 1,
    failure: { reason: "data", detail: "no question" },
  });
  const clip = { path: "a.mp4", file: async () => "a.mp4" };
  await expect(toServed({ index: 2, row: { clip } }, () => {})).rejects.toThrow("clips are not served");
});

test.each([
  [null],
  [{ row: {} }],
  [{ index: -1, row: {} }],
  [{ index: 0, row: { a: { $image: { name: "../etc" } } } }],
  [{ index: 0, row: { a: { $else: 1 } } }],
])("what is no served row is refused: %j", (value) => {
  expect(() => fromServed(value, async () => bytes)).toThrow(TypeError);
});
