import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import type { SampleRecord } from "../../src/core/result.js";
import { Journal } from "../../src/run/journal.js";
import { SampleJournal } from "../../src/run/samples.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-journal-"));
  path = join(folder, "j.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openAll = async () => {
  const records: unknown[] = [];
  const journal = await Journal.open<unknown>(path, (record) => records.push(record));
  return { journal, records };
};

test("what was appended is read again, in order, also when many appends go into one write", async () => {
  const { journal } = await openAll();
  await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append({ i, text: "é".repeat(i % 7) })));
  await journal.close();
  const { journal: again, records } = await openAll();
  expect(records.map((record) => (record as { i: number }).i)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  await again.close();
});

test("a position that append reports finds its record", async () => {
  const { journal } = await openAll();
  const positions = await Promise.all(["a", "ü", "漢字"].map((text) => journal.append({ text })));
  expect(await Promise.all(positions.map((at) => journal.read(at)))).toEqual([
    { text: "a" },
    { text: "ü" },
    { text: "漢字" },
  ]);
  await journal.close();
});

test("a torn last line is dropped, and the next line begins where it began", async () => {
  await writeFile(path, '{"a":1}\n{"a":2}\n{"a":');
  const { journal, records } = await openAll();
  expect(records).toEqual([{ a: 1 }, { a: 2 }]);
  await journal.append({ a: 3 });
  await journal.close();
  expect(await readFile(path, "utf8")).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
});

test("a damaged line in the middle is named with its number", async () => {
  await writeFile(path, '{"a":1}\nnot json\n{"a":2}\n');
  await expect(openAll()).rejects.toThrow(UserError);
  await expect(openAll()).rejects.toMatchObject({ where: `${path}:2` });
});

test("a line longer than the read buffer is read whole", async () => {
  const text = "x".repeat(3_000_000);
  await appendFile(path, `${JSON.stringify({ text })}\n{"text":"y"}\n`);
  const { journal, records } = await openAll();
  expect(records.map((record) => (record as { text: string }).text.length)).toEqual([3_000_000, 1]);
  await journal.close();
});

const scored = (index: number, value = 1): SampleRecord => ({
  index,
  id: String(index),
  cluster: String(index),
  text: "t",
  score: { status: "scored", value, answer: "t" },
});

test("finish leaves each sample once, in row order, whatever the order and number of its lines", async () => {
  const journal = await SampleJournal.open(path);
  await journal.append({ index: 2, id: "2", cluster: "2", text: "later" });
  await journal.append(scored(1));
  await journal.append(scored(0));
  await journal.append(scored(2, 0));
  await journal.finish();
  await journal.close();
  const lines = (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SampleRecord);
  expect(lines.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(lines[2]?.score).toMatchObject({ value: 0 });
});

test("a sample is answered until it has a score, scored after, and failed when it has no answer", async () => {
  const journal = await SampleJournal.open(path);
  await journal.append({ index: 0, id: "0", cluster: "0", text: "t" });
  await journal.append(scored(1));
  await journal.append({
    index: 2,
    id: "2",
    cluster: "2",
    score: { status: "unscored", reason: "transport", detail: "" },
  });
  await journal.append({
    index: 3,
    id: "3",
    cluster: "3",
    text: "t",
    score: { status: "unscored", reason: "judge", detail: "" },
  });
  expect([0, 1, 2, 3, 4].map((index) => journal.state(index, 0))).toEqual([
    "answered",
    "scored",
    "failed",
    "answered",
    undefined,
  ]);
  await journal.close();
});

test("samples are read in row order wherever their lines stand, also lines longer than a window", async () => {
  const journal = await SampleJournal.open(path);
  const long = { ...scored(3), text: "é".repeat(800_000) };
  const order = [5, 4, 900, ...Array.from({ length: 800 }, (_, i) => 899 - i), 99, 0, 2, 1];
  for (const index of order) await journal.append({ ...scored(index), text: "x".repeat(index * 7) });
  await journal.append(long);
  const read: SampleRecord[] = [];
  for await (const record of journal.inOrder()) read.push(record);
  const expected = [...new Set([...order, 3])].sort((a, b) => a - b);
  expect(read.map(({ index }) => index)).toEqual(expected);
  expect(read.every(({ index, text }) => text === (index === 3 ? long.text : "x".repeat(index * 7)))).toBe(true);

  await journal.finish();
  const again: SampleRecord[] = [];
  for await (const record of journal.inOrder()) again.push(record);
  expect(again).toEqual(read);
  await journal.append(scored(1000));
  await journal.close();
  const reopened = await SampleJournal.open(path);
  expect((await reopened.read(1000, 0))?.id).toBe("1000");
  expect((await reopened.read(900, 0))?.text).toBe("x".repeat(6300));
  await reopened.close();
});
