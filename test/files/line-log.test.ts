import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { LineLog } from "../../src/files/line-log.js";
import { LineSource } from "../../src/files/line-source.js";
import { readJsonLines } from "../../src/files/lines.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-lines-"));
  path = join(folder, "j.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openAll = async () => {
  const records: unknown[] = [];
  const log = await LineLog.open(path, "the journal", (record) => records.push(record));
  return { log, records };
};

test("what was appended is read again, in order, also when many appends go into one write", async () => {
  const { log } = await openAll();
  await Promise.all(Array.from({ length: 500 }, (_, i) => log.append({ i, text: "é".repeat(i % 7) })));
  await log.close();
  const { log: again, records } = await openAll();
  expect(records.map((record) => (record as { i: number }).i)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  await again.close();
});

test("a position that append reports finds its record", async () => {
  const { log } = await openAll();
  const positions = await Promise.all(["a", "ü", "漢字"].map((text) => log.append({ text })));
  expect(await Promise.all(positions.map((at) => log.read(at)))).toEqual([
    { text: "a" },
    { text: "ü" },
    { text: "漢字" },
  ]);
  await log.close();
});

test("a torn last line is dropped, and the next line begins where it began", async () => {
  await writeFile(path, '{"a":1}\n{"a":2}\n{"a":');
  const { log, records } = await openAll();
  expect(records).toEqual([{ a: 1 }, { a: 2 }]);
  await log.append({ a: 3 });
  await log.close();
  expect(await readFile(path, "utf8")).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
});

test("a last line without a newline is read where it is whole, by every reader, and gets its newline before the next", async () => {
  for (const [rest, whole] of [
    ['{"a":2}', true],
    ['{"a":2', false],
    ["2", false],
    ['{"a":"}', false],
    ['{"a":{"b":2}', false],
  ] as const) {
    const bytes = `{"a":1}\n${rest}`;
    await writeFile(path, bytes);
    await writeFile(`${path}.gz`, gzipSync(bytes));
    const expected = whole ? [{ a: 1 }, { a: 2 }] : [{ a: 1 }];
    for (const file of [path, `${path}.gz`]) {
      const found: unknown[] = [];
      for await (const { value } of readJsonLines(file)) found.push(value);
      expect(found, `${file} ${rest}`).toEqual(expected);
      await using source = (await LineSource.open(file)) as LineSource;
      const read: Promise<unknown>[] = [];
      await source.scan((line) => void read.push(source.read(line.at)));
      expect(await Promise.all(read), `${file} ${rest}`).toEqual(expected);
    }
    const { log, records } = await openAll();
    expect(records, rest).toEqual(expected);
    const at = await log.append({ a: 3 });
    expect(await log.read(at)).toEqual({ a: 3 });
    await log.close();
    expect(await readFile(path, "utf8")).toBe(`{"a":1}\n${whole ? '{"a":2}\n' : ""}{"a":3}\n`);
  }
});

test("a damaged line in the middle is named with its number", async () => {
  await writeFile(path, '{"a":1}\nnot json\n{"a":2}\n');
  await expect(openAll()).rejects.toThrow(UserError);
  await expect(openAll()).rejects.toMatchObject({ where: `${path}:2` });
});

test("a line longer than the read buffer is read whole, and an empty one is nobody's", async () => {
  const text = "x".repeat(3_000_000);
  await appendFile(path, `${JSON.stringify({ text })}\n\n{"text":"y"}\n`);
  const { log, records } = await openAll();
  expect(records.map((record) => (record as { text: string }).text.length)).toEqual([3_000_000, 1]);
  await log.close();
});

test("a folder that is moved or deleted under the writer ends the writing", async () => {
  for (const spoil of [() => rm(folder, { recursive: true }), () => rename(folder, `${folder}-moved`)]) {
    await mkdir(folder, { recursive: true });
    const { log } = await openAll();
    await log.append({ a: 1 });
    await spoil();
    await expect(log.sync()).rejects.toMatchObject({ name: "UserError", fix: expect.stringContaining("gone") });
    await expect(log.append({ a: 2 })).rejects.toThrow(UserError);
    await log.close().catch(() => {});
    await rm(`${folder}-moved`, { recursive: true, force: true });
  }
});

test("a packed file has the records, positions and bytes of the plain one", async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ i, text: "漢".repeat(i % 50) }));
  const text = `${lines.join("\n")}\n{"torn`;
  await writeFile(path, text);
  await writeFile(join(folder, "p.jsonl.gz"), gzipSync(text));
  const seen: unknown[][] = [];
  for (const name of [path, join(folder, "p.jsonl")]) {
    await using source = (await LineSource.open(name)) as LineSource;
    const found: unknown[] = [];
    let bytes = 0;
    const size = await source.scan((line) => found.push(line.at, line.bytes.toString("utf8")), {
      onBytes: (chunk) => {
        bytes += chunk.length;
      },
    });
    const positions = found.filter((_, i) => i % 2 === 0) as { offset: number; length: number }[];
    found.push(size, bytes, await source.read(positions[2999] as { offset: number; length: number }));
    const records: unknown[] = [];
    for await (const { value } of readJsonLines(name)) records.push(value);
    seen.push([...found, records]);
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]?.at(-1)).toHaveLength(3000);
});
