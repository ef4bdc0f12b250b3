import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { describe, expect, test } from "vitest";
import { type AsyncBuffer, openParquet } from "../../src/datasets/parquet/file.js";
import { RowGroup } from "../../src/datasets/parquet/row-group.js";
import { checkRuns } from "../../src/datasets/parquet/runs.js";
import { type Codec, type ParquetOptions, parquetBytes } from "../fakes/parquet-files.js";

const columns = {
  id: "int64",
  text: "string",
  image: "image",
  answers: "answers",
  tags: "strings",
  images: "images",
  flag: "bool",
} as const;
const names = Object.keys(columns);

const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: i,
    text: i % 5 === 4 ? null : `text ${i % 3}`,
    image: i % 7 === 6 ? null : { bytes: Buffer.alloc(40 + i, i), path: i % 2 ? null : "p" },
    answers: Array.from({ length: i % 4 }, (_, k) => ({ answer: `a${k}`, answer_confidence: null, answer_id: k })),
    tags: i % 3 ? ["a", `b${i}`] : [],
    images: i % 2 ? [{ bytes: Buffer.alloc(9, i), path: "q" }] : null,
    flag: i % 3 === 0,
  }));

const fileOf = (bytes: Uint8Array): AsyncBuffer => ({
  byteLength: bytes.byteLength,
  slice: async (start, end) => bytes.slice(start, end).buffer,
});

async function read(bytes: Uint8Array, step: number, few: boolean): Promise<Record<string, unknown>[]> {
  const file = fileOf(bytes);
  const parquet = await openParquet(file);
  const all: Record<string, unknown>[] = [];
  for (const [index, { start, end }] of parquet.groups.entries()) {
    const group = new RowGroup(file, parquet.metadata, index, { columns: names, few });
    for (let at = 0; at < end - start; at += step)
      all.push(...(await group.rows(at, Math.min(at + step, end - start))));
  }
  return all;
}

describe("a parquet file", () => {
  const codecs: Codec[] = ["SNAPPY", "ZSTD", "GZIP", "UNCOMPRESSED"];
  const layouts: ParquetOptions[] = [
    { rowGroupSize: 100 },
    { rowGroupSize: 7 },
    { rowGroupSize: 100, pageSize: 200 },
    { rowGroupSize: 100, pageSize: 200, offsetIndex: true },
  ];
  test.each(codecs.flatMap((codec) => layouts.map((layout) => ({ codec, ...layout }))))(
    "gives the cells that hyparquet's own reader gives, whatever the steps: %j",
    async (options) => {
      const bytes = parquetBytes(columns, rows(53), options);
      const expected = await parquetReadObjects({ file: fileOf(bytes), compressors, utf8: false, columns: names });
      for (const [step, few] of [
        [1000, false],
        [10, false],
        [3, true],
      ] as const) {
        expect(await read(bytes, step, few)).toEqual(expected);
      }
    },
  );

  test("may be begun in the middle of a row group, with and without a page index", async () => {
    for (const offsetIndex of [true, false]) {
      const bytes = parquetBytes(columns, rows(53), { pageSize: 200, offsetIndex });
      const file = fileOf(bytes);
      const { metadata } = await openParquet(file);
      const group = new RowGroup(file, metadata, 0, { columns: names, few: true });
      const expected = await read(bytes, 1000, false);
      expect(await group.rows(31, 35)).toEqual(expected.slice(31, 35));
      expect(await group.rows(35, 53)).toEqual(expected.slice(35));
      expect(await group.rows(2, 40)).toEqual(expected.slice(2, 40));
    }
  });

  test.each([30_000, 400_000, 3_000_000])(
    "is read from a disk in steps, each byte once, with pages of %d bytes",
    async (pageSize) => {
      const images = Array.from({ length: 60 }, (_, i) => ({ bytes: randomBytes(70_000 + i), path: `${i}` }));
      const many = images.map((image, id) => ({ id, image }));
      const bytes = parquetBytes({ id: "int64", image: "image" }, many, { pageSize });
      let fetched = 0;
      const readInto = async (target: Uint8Array, start: number) => {
        fetched += target.byteLength;
        target.set(bytes.subarray(start, start + target.byteLength));
      };
      const file = { ...fileOf(bytes), readInto };
      const { metadata } = await openParquet(file);
      const group = new RowGroup(file, metadata, 0, { columns: ["id", "image"], few: false });
      for (let at = 0; at < 60; at += 12)
        for (const [i, { id, image }] of (await group.rows(at, at + 12)).entries()) {
          expect(id).toBe(BigInt(at + i));
          expect((image as { bytes: Uint8Array }).bytes.byteLength).toBe(70_000 + at + i);
          expect(Buffer.compare((image as { bytes: Uint8Array }).bytes, images[at + i]?.bytes as Buffer)).toBe(0);
        }
      expect(fetched).toBeLessThanOrEqual(bytes.byteLength);
    },
  );

  test("a page that batches share is decompressed once", async () => {
    const file = fileOf(parquetBytes({ image: "image" }, rows(40), { pageSize: 200 }));
    const { metadata } = await openParquet(file);
    const pagesOf = async (size: number) => {
      const group = new RowGroup(file, metadata, 0, { columns: ["image"], few: false });
      const pages = new Set<ArrayBufferLike>();
      for (let at = 0; at < 40; at += size)
        for (const { image } of (await group.rows(at, at + size)) as { image: { bytes: Uint8Array } | null }[])
          if (image) pages.add(image.bytes.buffer);
      return pages.size;
    };
    const whole = await pagesOf(40);
    expect(whole).toBeGreaterThan(3);
    expect(await pagesOf(1)).toBe(whole);
    expect(await pagesOf(4)).toBe(whole);
  });

  test("with any bytes changed is read or is an error: it never hangs, and takes no memory for what it only claims", async () => {
    const bases = codecs.map((codec) => parquetBytes(columns, rows(12), { rowGroupSize: 6, codec }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bases),
        fc.array(fc.tuple(fc.boolean(), fc.nat(1_000_000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (base, edits) => {
          const bytes = base.slice();
          for (const [inFooter, at, value] of edits) {
            bytes[inFooter ? bytes.length - 1 - (at % Math.min(bytes.length, 1500)) : at % bytes.length] = value;
          }
          const before = process.memoryUsage().rss;
          const file = fileOf(bytes);
          try {
            const { metadata, groups } = await openParquet(file);
            for (const [index, { start, end }] of groups.entries()) {
              await new RowGroup(file, metadata, index, { columns: names, few: true }).rows(
                0,
                Math.min(end - start, 1000),
              );
            }
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
          expect(process.memoryUsage().rss - before).toBeLessThan(600 * 1024 * 1024);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe("runs of levels and dictionary indices", () => {
  test("that hold more values than the page are refused without unpacking them", () => {
    // Run length 2^30 of one value: header varint of 2^31, then the value.
    const bomb = Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x08, 0x01]);
    expect(() => checkRuns(bomb, { start: 0, end: bomb.length }, 1, 100)).toThrow(
      /runs of 1073741824 values where 100 are expected/,
    );
  });

  test("of exact lengths, and bit-packed ones padded to eight, are accepted", () => {
    expect(() => checkRuns(Uint8Array.from([0x14, 0x01]), { start: 0, end: 2 }, 1, 10)).not.toThrow();
    expect(() => checkRuns(Uint8Array.from([0x05, 0xff, 0x03]), { start: 0, end: 3 }, 1, 10)).not.toThrow();
  });

  test("that are empty, or whose header has no end, are refused", () => {
    expect(() => checkRuns(Uint8Array.from([0x00, 0x01, 0x00]), { start: 0, end: 3 }, 1, 10)).toThrow(/empty run/);
    expect(() => checkRuns(Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80]), { start: 0, end: 6 }, 1, 10)).toThrow(
      /header is broken/,
    );
  });
});
