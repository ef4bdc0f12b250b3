import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import { inPieces } from "../../src/fleet/rows-in-hand.js";

const never = new AbortController().signal;

/** 1,000 rows in batches of 7; `opened` says from where it was read. */
function source(): Dataset & { readonly opened: number[] } {
  const opened: number[] = [];
  return {
    opened,
    facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0" },
    async *batches(offset) {
      opened.push(offset);
      const items = Array.from({ length: 1000 }, (_, index): RowItem => ({ index, row: { id: index } }));
      for (let at = offset; at < 1000; at += 7) yield items.slice(at, at + 7);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function rowsOf(dataset: Dataset, from: number, to: number): Promise<number[]> {
  const rows: number[] = [];
  for await (const batch of dataset.batches(from, never, to)) rows.push(...batch.map(({ index }) => index));
  return rows;
}

const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("pieces that follow each other are read in one go, also with a gap and when two ask at once", async () => {
  const file = source();
  const dataset = inPieces(file, never);
  const pieces = [
    [0, 10],
    [10, 30],
    [33, 40],
    [100, 148],
  ] as const;
  const read = await Promise.all(pieces.map(([from, to]) => rowsOf(dataset, from, to)));
  expect(read).toEqual(pieces.map(([from, to]) => upTo(from, to)));
  expect(file.opened).toEqual([0]);
});

test("what lies before, or far behind, opens the file anew; the end of the file is the end", async () => {
  const file = source();
  const dataset = inPieces(file, never);
  expect(await rowsOf(dataset, 500, 520)).toEqual(upTo(500, 520));
  expect(await rowsOf(dataset, 3, 5)).toEqual([3, 4]);
  expect(await rowsOf(dataset, 990, 1010)).toEqual(upTo(990, 1000));
  expect(file.opened).toEqual([500, 3, 990]);
  await dataset[Symbol.asyncDispose]();
});
