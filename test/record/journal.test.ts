import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SampleJournal } from "../../src/record/journal.js";
import { type AnsweredSample, type SampleRecord, type ScoredSample, textOf } from "../../src/record/samples.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-journal-"));
  path = join(folder, "j.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const scored = (index: number, value = 1): ScoredSample => ({
  index,
  id: String(index),
  state: "scored",
  cluster: String(index),
  text: "t",
  score: { status: "scored", value, answer: "t" },
});

const answered = (index: number): AnsweredSample => ({
  ...{ index, id: String(index), cluster: String(index) },
  ...{ state: "answered", text: "later" },
});

test("finish leaves each sample once, in row order, whatever the order and number of its lines", async () => {
  const journal = await SampleJournal.open(path);
  await journal.append(answered(2));
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
  await journal.append(answered(0));
  await journal.append(scored(1));
  await journal.append({
    ...{ index: 2, id: "2", cluster: "2", state: "failed" },
    score: { status: "unscored", reason: "transport", detail: "" },
  });
  await journal.append({ ...answered(3), score: { status: "unscored", reason: "judge", detail: "" } });
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
  expect(
    read.every((record) => textOf(record) === (record.index === 3 ? long.text : "x".repeat(record.index * 7))),
  ).toBe(true);

  await journal.finish();
  const again: SampleRecord[] = [];
  for await (const record of journal.inOrder()) again.push(record);
  expect(again).toEqual(read);
  await journal.append(scored(1000));
  await journal.close();
  const reopened = await SampleJournal.open(path);
  expect((await reopened.read(1000, 0))?.id).toBe("1000");
  expect(textOf((await reopened.read(900, 0)) as SampleRecord)).toBe("x".repeat(6300));
  await reopened.close();
});

test("a line that another program appends under the run is found, and finish leaves the file as it is", async () => {
  const journal = await SampleJournal.open(path);
  await journal.append(scored(1));
  await journal.append(scored(0));
  await appendFile(path, `${JSON.stringify(scored(7))}\n`);
  const before = await readFile(path, "utf8");
  await expect(journal.finish()).rejects.toMatchObject({ name: "UserError", where: path });
  expect(await readFile(path, "utf8")).toBe(before);
  await expect(journal.append(scored(2)), "nothing is written to wrong positions").rejects.toThrow("another program");
  await journal.close().catch(() => {});
});

test("a journal that was cut short under the run is not replaced by what is left", async () => {
  const journal = await SampleJournal.open(path);
  for (const index of [3, 2, 1, 0]) await journal.append(scored(index));
  await truncate(path, 40);
  await expect(journal.finish()).rejects.toMatchObject({ name: "UserError" });
  expect((await readFile(path, "utf8")).length).toBe(40);
  await journal.close().catch(() => {});
});

test("bytes changed in place are found before the file is replaced", async () => {
  const journal = await SampleJournal.open(path);
  for (const index of [3, 2, 1, 0]) await journal.append(scored(index));
  await journal.sync();
  const text = await readFile(path, "utf8");
  const changed = text.replace('"index":2', '"index":9');
  // The same file, written over: its size and its name stay.
  await writeFile(path, changed, { flag: "r+" });
  await expect(journal.finish()).rejects.toMatchObject({ where: expect.stringContaining("sample 2") });
  expect(await readFile(path, "utf8")).toBe(changed);
  await journal.close();
});

test.each([
  ["null", "the line is no sample"],
  ['{"index":-1,"id":"a","cluster":"a","text":"t"}', "/index"],
  ['{"index":100000000000,"id":"a","cluster":"a","text":"t"}', "/index"],
  ['{"index":0,"repeat":3000000,"id":"a","cluster":"a","text":"t"}', "/repeat"],
  ['{"index":0,"id":"a","cluster":"a","text":5}', "/text"],
  ['{"index":0,"id":"a","cluster":"a","text":"t","score":{"status":"scored","answer":"t"}}', "/score/value"],
  [
    '{"index":0,"id":"a","cluster":"a","text":"t","score":{"status":"scored","answer":"t","value":"NaN"}}',
    "/score/value",
  ],
  ['{"index":0,"id":"a","cluster":"a","text":"t","score":{"status":"scored","answer":"t","value":5}}', "accuracy"],
  ['{"index":0,"id":"a","state":"done","cluster":"a","text":"t"}', "/state"],
  ['{"index":0,"id":"a","cluster":"a"}', "/score"],
])("%s is no sample: the line and the field are named", async (line, field) => {
  await writeFile(path, `${JSON.stringify(scored(1))}\n\n${line}\n`);
  const accuracy = { name: "accuracy", unit: "fraction", direction: "higher" } as const;
  const error = await SampleJournal.open(path, [accuracy]).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "UserError", where: `${path}:3` });
  expect(error.message).toContain(field);
});

test("lines of 0.1, without a state, are read: what they are follows from what they hold", async () => {
  const { state: _, ...old } = scored(0);
  const failed = { index: 2, id: "2", cluster: "2", score: { status: "unscored", reason: "data", detail: "d" } };
  const lines = [old, { index: 1, id: "1", cluster: "1", text: "t" }, failed];
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const journal = await SampleJournal.open(path);
  expect([0, 1, 2].map((index) => journal.state(index, 0))).toEqual(["scored", "answered", "failed"]);
  expect(await journal.read(0, 0)).toEqual(scored(0));
  await journal.close();
});

test("a line is the row's by its id and prompt; one without a prompt's digest, as 0.1 wrote it, by its id", async () => {
  const digest = "0123456789abcdef";
  const journal = await SampleJournal.open(path);
  await journal.append(scored(0));
  await journal.append({ ...scored(1), promptDigest: digest });
  const has = (index: number, id: string, asked = digest) => journal.hasQuestion(index, 0, id, asked);
  expect([has(0, "0"), has(0, "0", "f".repeat(16)), has(0, "1")]).toEqual([true, true, false]);
  expect([has(1, "1"), has(1, "1", "f".repeat(16)), has(1, "0")]).toEqual([true, false, false]);
  expect([await journal.where(0, 0), await journal.where(1, 0)]).toEqual([`${path}:1`, `${path}:2`]);
  await journal.close();
});

test("a row far behind the others costs no memory for those between", async () => {
  await writeFile(path, `${JSON.stringify(scored(4_000_000_000))}\n${JSON.stringify(scored(3))}\n`);
  const journal = await SampleJournal.open(path);
  const read: number[] = [];
  for await (const { index } of journal.inOrder()) read.push(index);
  expect(read).toEqual([3, 4_000_000_000]);
  await journal.close();
});
