/** What a coordinator does with results, by way of a queue in memory. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import type { ImageRef } from "../../src/core/image.js";
import type { Task } from "../../src/core/task.js";
import { share } from "../../src/fleet/coordinator.js";
import type { WorkStore } from "../../src/fleet/queue.js";
import { type BlockResult, placeOf, resultText, rowsDigest } from "../../src/fleet/result.js";
import { SampleJournal } from "../../src/record/journal.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { questionFor } from "../../src/run/ask.js";
import { type Block, unitsOfBlock } from "../../src/run/blocks.js";
import type { TaskEnd, TaskRun } from "../../src/run/run-task.js";

const rows = Array.from({ length: 30 }, (_, id) => ({ id, question: `Is it ${id}?` }));
const never = new AbortController().signal;

const datasetOf = (cells: readonly Record<string, unknown>[]): Dataset => ({
  facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: cells.length },
  async *batches(offset) {
    yield cells.map((row, index): RowItem => ({ index, row })).slice(offset);
  },
  async [Symbol.asyncDispose]() {},
});

const task = {
  name: "t",
  metrics: [],
  id: ({ id }: { id: number }) => String(id),
  prompt: ({ question, image }: { question: string; image?: ImageRef }) => {
    const parts = [{ type: "text", text: question }, ...(image ? [{ type: "image", image }] : [])];
    return { messages: [{ role: "user", parts }] };
  },
} as unknown as Task;

const scoredAs = (text: string, index: number, row: Record<string, unknown> = rows[index] ?? {}): SampleRecord => ({
  ...{ index, id: String(index), cluster: String(index), state: "scored", text, finish: "stop" },
  promptDigest: questionFor(task, row, "default").digest,
  score: { status: "scored", value: 1, answer: text },
});

/** A queue whose blocks are answered at once, by what a worker does. */
class Memory implements WorkStore {
  readonly blocks = new Map<string, Block>();
  readonly results = new Map<string, string>();
  readonly lateResults = new Map<string, string>();
  /** With a worker: not to be removed. */
  readonly inHand = new Set<string>();
  afterLate = (): void => {};
  readonly refused = new Map<string, string>();
  /** Of tasks before. */
  readonly leftBehind = new Set<string>();
  label = "t";
  blockSize = 10;
  mostOutstanding = 20_000;
  admits = false;
  released = 0;
  added = 0;

  constructor(private readonly worker: (block: Block, delivery: number) => Promise<string | undefined>) {}

  async add(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      if (this.blocks.has(block.id)) continue;
      this.blocks.set(block.id, block);
      const result = await this.worker(block, this.added++);
      if (result !== undefined) this.results.set(block.id, result);
    }
  }
  async completed(skip: number, most: number) {
    return [...this.results].slice(skip, skip + most).map(([id, result]) => ({ id, result }));
  }
  async late() {
    return [...this.lateResults].map(([id, result]) => ({ id, result }));
  }
  async releaseLate(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.lateResults.delete(id);
    this.afterLate();
  }
  async failed() {
    return [];
  }
  async release(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.inHand.has(id)) continue;
      this.released++;
      this.blocks.delete(id);
      this.results.delete(id);
    }
  }
  async held(): Promise<number> {
    return this.blocks.size;
  }
  async refuse(worker: string, why: string): Promise<void> {
    this.refused.set(worker, why);
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

async function answerOf(
  block: Block,
  change: Partial<BlockResult> = {},
  cells: readonly Record<string, unknown>[] = rows,
): Promise<string> {
  const units = await unitsOfBlock(block, { task, dataset: datasetOf(cells), repeats: 1 }, never);
  const records = units.map(({ index, row }) => scoredAs(`answer ${index}`, index, row));
  return resultText({
    worker: "w",
    rows: rowsDigest(units, { task, profile: "default" }),
    timings: [],
    records,
    ...change,
  });
}

interface Outcome {
  readonly end: TaskEnd | undefined;
  readonly lines: readonly SampleRecord[];
  readonly changed: readonly string[];
  readonly repeated: number;
  readonly said: readonly string[];
}

async function shared(
  store: Memory,
  had: readonly SampleRecord[] = [],
  onJournal: (journal: SampleJournal) => void = () => {},
  drain: AbortSignal = never,
  cells: readonly Record<string, unknown>[] = rows,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "coordinator-"));
  try {
    const samples = await SampleJournal.open(join(folder, "t.samples.jsonl"));
    for (const record of had) await samples.append(record);
    onJournal(samples);
    const changed: string[] = [];
    const repeated: number[] = [];
    const said: string[] = [];
    const run = {
      ...{
        task,
        split: { answers: "public" },
        label: store.label,
        dataset: datasetOf(cells),
        profile: "default",
        samples,
      },
      ...{ selection: { offset: 0, repeats: 1 }, drain, onSample() {}, onTiming() {} },
    } as unknown as TaskRun;
    const end = await share(run, {
      ...{
        store,
        run: "r",
        blockSize: store.blockSize,
        mostOutstanding: store.mostOutstanding,
        admits: store.admits,
        leftBehind: store.leftBehind,
        async check() {},
      },
      onTaken: () => {},
      onNotAsked: () => {},
      onRepeated: () => repeated.push(1),
      onChanged: (place, worker) => changed.push(`${place} ${worker}`),
      say: (message) => said.push(message),
    });
    await samples.finish();
    await samples.close();
    const lines = (await readFile(samples.path, "utf8")).trimEnd().split("\n");
    return {
      end,
      lines: lines.map((line) => JSON.parse(line) as SampleRecord),
      changed,
      repeated: repeated.length,
      said,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const all = rows.map(({ id }) => scoredAs(`answer ${id}`, id));

test("every block is taken, and released when it is in the journal", async () => {
  const store = new Memory((block) => answerOf(block));
  expect((await shared(store)).lines.map(placeOf)).toEqual(all.map(placeOf));
  expect([store.added, store.released, store.blocks.size]).toEqual([3, 3, 0]);
});

test("the rows are read once where every sample was answered and scored", async () => {
  expect((await shared(new Memory((block) => answerOf(block)))).end).toEqual({ how: "complete", total: 30 });
});

test.each<[string, (record: SampleRecord) => SampleRecord]>([
  ["is to be judged", ({ score: _, ...record }) => ({ ...record, state: "answered" }) as SampleRecord],
  [
    "has no answer, and nobody knows what was asked",
    ({ index, id, cluster }) => ({
      ...{ index, id, cluster, state: "failed" },
      score: { status: "unscored", reason: "data", detail: "no image" },
    }),
  ],
])("the rows are seen once more when a sample %s", async (_, change) => {
  const store = new Memory(async (block) => {
    const [head = "", ...lines] = (await answerOf(block)).split("\n");
    const records = lines.map((line) => JSON.parse(line) as SampleRecord);
    return [head, ...records.map((record) => JSON.stringify(record.index === 12 ? change(record) : record))].join("\n");
  });
  expect((await shared(store)).end).toBeUndefined();
});

test("the rows are seen once more when they show files of their own, and when the journal had some of the samples", async () => {
  const image = { path: "a.png", ownFile: true, bytes: async () => new Uint8Array() };
  const cells = rows.map((row) => (row.id === 29 ? { ...row, image } : row));
  const store = new Memory((block) => answerOf(block, {}, cells));
  expect((await shared(store, [], () => {}, never, cells)).end).toBeUndefined();
  expect((await shared(new Memory((block) => answerOf(block)), all.slice(0, 1))).end).toBeUndefined();
});

test("what the journal has is not asked", async () => {
  const store = new Memory((block) => answerOf(block));
  const { lines, changed } = await shared(store, all.slice(0, 14));
  expect(lines).toEqual(all);
  expect([store.added, changed]).toEqual([2, []]);
});

test("another answer to a question that is answered meanwhile is named and not taken", async () => {
  let journal: SampleJournal | undefined;
  const store = new Memory(async (block) => {
    // Another way into the journal was faster: an earlier delivery, say.
    if (block.rows[0]?.[0] === 0) await journal?.append(scoredAs("something else", 4));
    return await answerOf(block);
  });
  const { lines, changed } = await shared(store, [], (opened) => {
    journal = opened;
  });
  expect(lines[4]).toEqual(scoredAs("something else", 4));
  expect(changed).toEqual(["t 4/0 w"]);
});

test("a worker whose rows ask something else is refused by name, and its block is asked again", async () => {
  const foreign = rows.map((row) => (row.id === 12 ? { ...row, question: "Is it another?" } : row));
  const store = new Memory((block, delivery) =>
    delivery === 1 ? answerOf(block, { worker: "stranger" }, foreign) : answerOf(block),
  );
  const { lines, said } = await shared(store);
  expect(lines).toEqual(all);
  expect(store.added).toBe(4);
  expect([...store.refused]).toEqual([["stranger", expect.stringContaining("rows are others than ours")]]);
  expect(said).toEqual([expect.stringContaining("worker stranger is refused")]);
});

test.each<[string, (text: string) => string, RegExp]>([
  ["no JSON", (text) => text.slice(0, -9), /no JSON/],
  ["a sample too few", (text) => text.split("\n").slice(0, -1).join("\n"), /9 of its block's 10 samples/],
  ["a sample of another block", (text) => text.replace('"index":3,', '"index":25,'), /not the block's: 25\/0/],
  ["a sample of another row", (text) => text.replace('"id":"3"', '"id":"99"'), /other questions/],
  [
    "a sample that was asked something else",
    (text) => text.replace(/"promptDigest":"\w+"/, `"promptDigest":"${"0".repeat(16)}"`),
    /other questions/,
  ],
  ["a sample twice", (text) => text.replace('"index":3,', '"index":4,'), /9 of its block's 10 samples/],
  ["no sample", (text) => text.split("\n")[0] ?? "", /0 of its block's 10 samples/],
  ["a value that is no sample's", (text) => text.replace('"state":"scored"', '"state":"perfect"'), /state/],
])("a result with %s does not reach the journal", async (_, damage, says) => {
  const store = new Memory(async (block, delivery) => {
    const text = await answerOf(block);
    return delivery === 0 ? damage(text) : text;
  });
  const { lines } = await shared(store);
  expect(lines).toEqual(all);
  expect([...store.refused.values()][0] ?? "").toMatch(says);
});

test("a result that a killed coordinator had begun to take is taken: nothing of it is asked again, and nobody is refused", async () => {
  // That one had handed the whole block out.
  const store = new Memory(({ only: _, ...block }) => answerOf(block));
  const { lines, changed, repeated, said } = await shared(store, all.slice(0, 14));
  expect(lines).toEqual(all);
  expect([store.added, store.blocks.size]).toEqual([2, 0]);
  expect([[...store.refused], changed, repeated, said]).toEqual([[], [], 0, []]);
});

test("what a result that a coordinator before wanted lacks is asked, and only that", async () => {
  const handedOut: Block[] = [];
  const store = new Memory(async (block, delivery) => {
    handedOut.push(block);
    // That one's folder, which is gone, had the others.
    return await answerOf(delivery === 0 ? { ...block, only: [[1, 0], [4, 0]] } : block); // biome-ignore format: a list
  });
  const { lines, repeated, said } = await shared(store);
  expect(lines).toEqual(all);
  expect(handedOut.at(-1)?.only?.map(([index]) => index)).toEqual([0, 2, 3, 5, 6, 7, 8, 9]);
  expect([store.added, store.blocks.size, repeated, said]).toEqual([4, 0, 0, []]);
});

test("a worker that leaves out what it was asked by this coordinator is refused", async () => {
  let short = 0;
  const store = new Memory(async (block) => {
    const isShort = block.rows[0]?.[0] === 0 && short++ < 2;
    return await answerOf(isShort ? { ...block, only: block.only?.slice(0, 1) ?? [[1, 0]] } : block, {
      worker: isShort ? "short" : "w",
    });
  });
  expect((await shared(store)).lines).toEqual(all);
  expect([...store.refused]).toEqual([["short", "its result has 1 of its block's 9 samples"]]);
});

test("a server that lost everything is given it again", { timeout: 30_000 }, async () => {
  const store = new Memory(async (block, delivery) => (delivery < 3 ? undefined : await answerOf(block)));
  const lost = setTimeout(() => store.blocks.clear(), 300);
  const { lines, said } = await shared(store);
  clearTimeout(lost);
  expect(lines).toEqual(all);
  expect(said).toEqual([expect.stringContaining("has lost blocks: 3")]);
});

test("what was answered under a lost lease is taken, is not asked again, and is compared where it was", async () => {
  const later = new Map<string, string>();
  const store = new Memory(async (block, delivery) => {
    const text = await answerOf(block);
    if (delivery < 2) store.lateResults.set(block.id, text);
    // The first waits for somebody to begin it again; another worker has the second by now, and says one thing otherwise.
    if (delivery > 0) later.set(block.id, text.replace('"text":"answer 15"', '"text":"another word"'));
    if (delivery > 0) store.inHand.add(block.id);
    return undefined;
  });
  store.afterLate = () => {
    store.inHand.clear();
    for (const [id, result] of later) store.results.set(id, result);
  };
  const { lines, changed, repeated } = await shared(store);
  expect(lines).toEqual(all);
  expect([changed, repeated]).toEqual([["t 15/0 w"], 9]);
  expect([store.added, store.blocks.size, store.lateResults.size]).toEqual([3, 0, 0]);
});

test("a block that is answered again after its task's end does not hide that one of the next task is lost", {
  timeout: 30_000,
}, async () => {
  const store = new Memory(async (block, delivery) => {
    // Of the first task: answered late, while somebody else has it.
    if (delivery === 0) store.lateResults.set(block.id, await answerOf(block));
    if (delivery === 0) store.inHand.add(block.id);
    if (delivery === 3) store.blocks.delete(block.id);
    return delivery === 0 || delivery === 3 ? undefined : await answerOf(block);
  });
  expect((await shared(store)).lines).toEqual(all);
  const [again] = store.blocks.values();
  expect(store.blocks.size).toBe(1);
  store.inHand.clear();
  store.results.set(again?.id ?? "", await answerOf(again as Block));

  store.label = "u";
  const { lines, said } = await shared(store);
  expect(lines).toEqual(all);
  expect(said).toEqual([expect.stringContaining("has lost blocks: 1")]);
  expect([store.blocks.size, store.results.size]).toEqual([0, 0]);
});

test("no more blocks are on the server at once than may be", async () => {
  let most = 0;
  const waiting: Block[] = [];
  const store = Object.assign(
    new Memory(async (block) => {
      most = Math.max(most, store.blocks.size);
      waiting.push(block);
      return undefined;
    }),
    { blockSize: 1, mostOutstanding: 7 },
  );
  // Nobody answers before nothing more may be added.
  const answers = setInterval(async () => {
    if (store.blocks.size < 7 && store.added < 30) return;
    for (const block of waiting.splice(0)) store.results.set(block.id, await answerOf(block));
  }, 5);
  const { lines } = await shared(store);
  clearInterval(answers);
  expect([lines, most]).toEqual([all, 7]);
});

test("a worker that differs from the run is refused, unless the run admits it", async () => {
  const unlike = (text: string) => text.replaceAll('"state":"scored"', '"state":"scored","unlike":"another device"');
  const other = () => new Memory(async (block, n) => (n === 0 ? unlike(await answerOf(block)) : await answerOf(block)));
  const refusing = other();
  expect((await shared(refusing)).lines).toEqual(all);
  expect([...refusing.refused.values()]).toEqual([expect.stringContaining("differs from the run")]);
  const admitting = Object.assign(other(), { admits: true });
  const { lines } = await shared(admitting);
  expect(lines.map((line) => "unlike" in line && line.unlike)).toEqual(
    all.map(({ index }) => index < 10 && "another device"),
  );
  expect(admitting.refused.size).toBe(0);
});

test("an interruption ends the wait for answers, and keeps those that came", async () => {
  const interruption = new AbortController();
  const store = new Memory(async (block, delivery) => {
    if (delivery < 2) return await answerOf(block);
    setTimeout(() => interruption.abort(), 100);
    return undefined;
  });
  const { lines } = await shared(store, [], () => {}, interruption.signal);
  expect(lines).toEqual(all.slice(0, 20));
  expect(store.blocks.size).toBe(1);
});
