import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import { violationOf } from "../../src/core/schema.js";
import type { Task } from "../../src/core/task.js";
import { Block, BlockCutter, unitsOfBlock } from "../../src/run/blocks.js";
import { isRow, plan, type RowUnit } from "../../src/run/plan.js";

type Cells = Record<string, unknown>;

const dataset = (rows: readonly Cells[], perBatch: number): Dataset => ({
  facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: rows.length },
  async *batches(offset) {
    const items = rows.map((row, index): RowItem => ({ index, row }));
    for (let at = offset; at < items.length; at += perBatch) yield items.slice(at, at + perBatch);
  },
  async [Symbol.asyncDispose]() {},
});

const task = (more: Partial<Task> = {}): Task => ({ name: "t", id: (row: Cells) => String(row.id), ...more }) as Task;
const signal = new AbortController().signal;
const keyOf = ({ index, repeat, id }: RowUnit) => `${index}/${repeat} ${id}`;

/** 90 rows of 40 images, each image's rows apart from each other. */
const rows = Array.from({ length: 90 }, (_, id) => ({ id, image: `i${id % 40}` }));

const kinds: readonly (readonly [string, Task])[] = [
  ["plain rows", task()],
  ["images", task({ imageKey: ({ image }) => String(image) })],
  [
    "rows that expand",
    task({ expand: (row) => Array.from({ length: Number(row.id) % 4 }, (_, pass) => ({ ...row, pass })) }),
  ],
  ["circular groups", task({ limitByCluster: true, cluster: ({ image }) => String(image) })],
];

async function cut(of: Task, isMissing: (unit: RowUnit) => boolean = () => true, repeats = 2) {
  const cutter = new BlockCutter({ run: "r", label: "t", repeats }, 10);
  const planned: RowUnit[] = [];
  const blocks = [];
  for await (const unit of plan(of, dataset(rows, 25), { offset: 7, limit: 70, repeats }, signal)) {
    if (!isRow(unit)) continue;
    planned.push(unit);
    blocks.push(cutter.add(unit, isMissing(unit)));
  }
  blocks.push(cutter.end());
  return { planned, blocks: blocks.flatMap((block) => (block ? [block] : [])) };
}

test.each(kinds)("a worker that reads a block's rows has the samples that were cut: %s", async (_, of) => {
  const { planned, blocks } = await cut(of);
  expect(blocks.length).toBeGreaterThan(4);
  const read: RowUnit[] = [];
  for (const { block } of blocks) {
    expect(violationOf(Block, block)).toBeUndefined();
    read.push(...(await unitsOfBlock(block, { task: of, dataset: dataset(rows, 8), repeats: 2 }, signal)));
  }
  expect(read.map(keyOf).sort()).toEqual(planned.map(keyOf).sort());
});

test("an image's samples are one block's", async () => {
  const { blocks } = await cut(task({ imageKey: ({ image }) => String(image) }));
  const images = blocks.map(({ units }) => new Set(units.map(({ row }) => row.image)));
  // Images come back in another batch of the file, which is another group; within one batch none is cut.
  expect(images.every((set) => set.size >= 2)).toBe(true);
  expect(blocks.every(({ units }) => units.at(-1)?.prefix?.remaining === 0)).toBe(true);
});

test("a group that is longer than two blocks is cut", async () => {
  const { blocks } = await cut(task({ imageKey: () => "one" }), undefined, 1);
  expect(blocks.map(({ units }) => units.length)).toEqual(expect.arrayContaining([20]));
});

test("what is there already is left out, and the blocks keep their names", async () => {
  const of = task();
  const all = await cut(of);
  const isMissing = ({ index, repeat }: RowUnit) => index >= 30 && !(index === 31 && repeat === 0);
  const rest = await cut(of, isMissing);
  expect(rest.blocks.length).toBeLessThan(all.blocks.length);
  const names = new Set(all.blocks.map(({ block }) => block.id));
  expect(rest.blocks.every(({ block }) => names.has(block.id))).toBe(true);
  const read: RowUnit[] = [];
  for (const { block } of rest.blocks)
    read.push(...(await unitsOfBlock(block, { task: of, dataset: dataset(rows, 8), repeats: 2 }, signal)));
  expect(read.map(keyOf)).toEqual(all.planned.filter(isMissing).map(keyOf));
});

test("a block says nothing of what is asked, and is small", async () => {
  const { blocks } = await cut(task());
  for (const { block } of blocks) {
    expect(JSON.stringify(block).length).toBeLessThan(150);
    expect(Object.keys(block).sort()).toEqual(expect.arrayContaining(["id", "label", "rows", "v"]));
  }
});
