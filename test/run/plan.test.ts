import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import { SampleFailure } from "../../src/core/errors.js";
import type { Task } from "../../src/core/task.js";
import { plan, plannedCount, type Selection, type Unit } from "../../src/run/plan.js";

const rows = (...items: readonly (readonly Record<string, unknown>[])[]): Dataset => {
  let index = 0;
  const batches = items.map((batch) => batch.map((row): RowItem => ({ index: index++, row })));
  return {
    facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: index },
    async *batches(offset) {
      for (const batch of batches) {
        const kept = batch.filter((item) => item.index >= offset);
        if (kept.length > 0) yield kept;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
};

const task = (more: Partial<Task> = {}): Task =>
  ({ name: "t", id: (row: Record<string, unknown>) => String(row.id), ...more }) as Task;

async function units(of: Task, dataset: Dataset, selection: Partial<Selection> = {}): Promise<Unit[]> {
  const all: Unit[] = [];
  for await (const unit of plan(of, dataset, { offset: 0, repeats: 1, ...selection }, new AbortController().signal))
    all.push(unit);
  return all;
}

test("rows of one image are dispatched next to each other, and each tells how many are still to come", async () => {
  const dataset = rows([
    { id: 0, image: "a" },
    { id: 1, image: "b" },
    { id: 2, image: "a" },
    { id: 3, image: "b" },
    { id: 4, image: "a" },
  ]);
  const planned = await units(task({ imageKey: (row) => String(row.image) }), dataset);
  expect(planned.map(({ index }) => index)).toEqual([0, 2, 4, 1, 3]);
  expect(planned.map((unit) => ("prefix" in unit ? unit.prefix?.remaining : undefined))).toEqual([2, 1, 0, 1, 0]);
});

test("without an image key rows keep the file's order and share no prefix", async () => {
  const planned = await units(task(), rows([{ id: 0 }, { id: 1 }], [{ id: 2 }]));
  expect(planned.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(planned.every((unit) => !("prefix" in unit))).toBe(true);
});

test("offset and limit count samples after expansion", async () => {
  const expand = (row: Record<string, unknown>) => (row.id === 0 ? [] : [row, { ...row, pass: 1 }]);
  const planned = await units(task({ expand }), rows([{ id: 0 }, { id: 1 }], [{ id: 2 }, { id: 3 }]), {
    offset: 1,
    limit: 3,
  });
  expect(planned.map((unit) => [unit.index, "row" in unit && unit.row.id])).toEqual([
    [1, 1],
    [2, 2],
    [3, 2],
  ]);
});

test("a limit reads no batch beyond the one that reaches it", async () => {
  let batches = 0;
  const dataset = rows([{ id: 0 }], [{ id: 1 }], [{ id: 2 }], [{ id: 3 }]);
  const counting: Dataset = {
    ...dataset,
    async *batches(offset, signal) {
      for await (const batch of dataset.batches(offset, signal)) {
        batches++;
        yield batch;
      }
    },
  };
  await units(task(), counting, { limit: 2 });
  expect(batches).toBe(2);
});

test("repeats of a sample follow each other and share a prefix", async () => {
  const planned = await units(task(), rows([{ id: 0 }, { id: 1 }]), { repeats: 2 });
  expect(planned.map(({ index, repeat }) => [index, repeat])).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
});

test("a bad row keeps its place as a failure", async () => {
  const failure = new SampleFailure("data", "bad");
  const dataset: Dataset = {
    ...rows([]),
    async *batches() {
      yield [
        { index: 0, row: { id: 0 } },
        { index: 1, failure },
        { index: 2, row: { id: 2 } },
      ];
    },
  };
  const planned = await units(task({ imageKey: () => "same" }), dataset);
  expect(planned.find((unit) => "failure" in unit)).toMatchObject({ index: 1, failure });
  expect(planned.length).toBe(3);
});

test("the number of samples is known before reading unless the task expands rows", () => {
  const dataset = rows([{ id: 0 }, { id: 1 }, { id: 2 }]);
  expect(plannedCount(task(), dataset, { offset: 1, repeats: 2 })).toBe(4);
  expect(plannedCount(task(), dataset, { offset: 0, limit: 2, repeats: 1 })).toBe(2);
  expect(plannedCount(task({ expand: (row) => [row] }), dataset, { offset: 0, repeats: 1 })).toBeUndefined();
});

test("a limit by cluster takes every sample of the first clusters, wherever they stand", async () => {
  const circular = task({ cluster: (row) => String(row.question), limitByCluster: true });
  const dataset = rows(
    [
      { id: 0, question: "a" },
      { id: 1, question: "b" },
      { id: 2, question: "c" },
    ],
    [
      { id: 3, question: "c" },
      { id: 4, question: "a" },
      { id: 5, question: "b" },
    ],
  );
  const indices = async (selection: Partial<Selection>) =>
    (await units(circular, dataset, selection)).map(({ index }) => index);
  expect(await indices({ limit: 2 })).toEqual([0, 1, 4, 5]);
  expect(await indices({ offset: 2, limit: 1 })).toEqual([2, 3]);
  expect(await indices({})).toEqual([0, 1, 2, 3, 4, 5]);
  expect(plannedCount(circular, dataset, { offset: 0, limit: 2, repeats: 1 })).toBeUndefined();
});

/** Counts how many batches were asked for. */
function counting(dataset: Dataset): { readonly dataset: Dataset; readonly read: () => number } {
  let read = 0;
  const counted: Dataset = {
    ...dataset,
    async *batches(offset, signal) {
      for await (const batch of dataset.batches(offset, signal)) {
        read++;
        yield batch;
      }
    },
  };
  return { dataset: counted, read: () => read };
}

test("while a batch is handed out the next one is read, and none further", async () => {
  const { dataset, read } = counting(rows([{ id: 0 }, { id: 1 }], [{ id: 2 }], [{ id: 3 }]));
  const units = plan(task(), dataset, { offset: 0, repeats: 1 }, new AbortController().signal);
  await units.next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(read()).toBe(2);
  await units.return(undefined);
  expect(read()).toBe(2);
});

test("nothing behind the selection is read", async () => {
  const { dataset, read } = counting(rows([{ id: 0 }, { id: 1 }], [{ id: 2 }], [{ id: 3 }]));
  await units(task(), dataset, { limit: 2 });
  expect(read()).toBe(1);
});
