/** Invented rows: each is a row of the task's form, that row's failure, or the user's error; never anything else, and in one order. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RowItem } from "../../src/core/dataset.js";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import { Image, ListText, Nullable, Type, violationOf } from "../../src/core/schema.js";
import type { Split } from "../../src/core/task.js";
import { openDataset } from "../../src/datasets/index.js";
import { damaged, inventedFiles, inventedTimeout } from "../invented.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "llava-eval-rows-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const split: Split = { sources: ["org/name"], split: "test", rows: 1000, licence: "none", answers: "public" };
const row = Type.Object({
  index: Type.Union([Type.Integer(), Type.String()]),
  question: Type.String(),
  answers: Type.Array(Type.String()),
  options: ListText(),
  number: Type.Optional(Type.Number()),
  boxes: Type.Optional(Type.Array(Type.Object({ name: Type.String(), at: Type.Array(Type.Number()) }))),
  hint: Type.Optional(Nullable(Type.String())),
  image: Nullable(Image()),
});
const columns = Object.keys(row.properties);

interface Read {
  readonly items: readonly RowItem[];
  readonly rows: number | undefined;
}

/** Every row of the file from `offset` on; undefined where it is the user's error. */
async function read(name: string, content: string | Buffer, offset = 0): Promise<Read | undefined> {
  const path = join(dir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  try {
    await using dataset = await openDataset({ task: "task", splitName: "test", split, row, data: dirname(path) });
    const items: RowItem[] = [];
    for await (const batch of dataset.batches(offset, new AbortController().signal)) items.push(...batch);
    return { items, rows: dataset.facts.rows };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}

/** What holds of any file: consecutive positions, rows of the schema or failures with reason `data`, and the count. */
function holds({ items, rows }: Read): void {
  expect(items.map(({ index }) => index)).toEqual(items.map((_, i) => i));
  expect(rows).toBe(items.length);
  for (const item of items) {
    if ("row" in item) expect(violationOf(row, item.row)).toBeUndefined();
    else {
      expect(item.failure).toBeInstanceOf(SampleFailure);
      expect(item.failure.reason).toBe("data");
    }
  }
}

const withoutImages = (items: readonly RowItem[]) =>
  items.map((item) => ("row" in item ? JSON.stringify(item.row) : item.failure.detail));

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom('5" pipe', "it's", "a\tb", "a\nb", '"', '""', "nan", "None", "[]", "\ufeff", "=1+1", "['a']", "\\"),
);
const strangeCells = fc.oneof(
  texts,
  fc.jsonValue(),
  fc.constantFrom(
    "nan",
    "['a' 'b']",
    "[1, 2.0]",
    "('x',)",
    "[{'a': 1}]",
    "[[[[",
    "array([1",
    "{'a':",
    "data:image/png;base64,",
    "1.0",
    "a".repeat(80),
  ),
);
/** Rows of which some are well formed, some are not, as dictionaries. */
const strangeRows = fc.array(
  fc.oneof(
    fc.record({
      index: fc.nat(),
      question: texts,
      answers: fc.array(texts),
      options: fc.array(texts),
      image: fc.constant(null),
    }),
    fc.dictionary(fc.oneof(fc.constantFrom(...columns), fc.string()), strangeCells),
  ),
  { maxLength: 8 },
);
const asPython = (value: unknown) => JSON.stringify(value).replaceAll('"nan"', "NaN");

/** A cell as pandas' `to_csv(sep="\t")` writes it. */
const tsvCell = (cell: unknown) => {
  const text = typeof cell === "string" ? cell : cell === null || cell === undefined ? "" : JSON.stringify(cell);
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const asTsv = (rows: readonly Readonly<Record<string, unknown>>[]) =>
  [columns.join("\t"), ...rows.map((cells) => columns.map((name) => tsvCell(cells[name])).join("\t"))].join("\n");

const files = {
  jsonl: strangeRows.map((rows) => rows.map(asPython).join("\n")),
  tsv: fc.oneof(
    strangeRows.map(asTsv),
    fc
      .array(fc.constantFrom("\t", "\n", '"', "a", "\r\n", "['x']", columns.join("\t")), { maxLength: 40 })
      .map((parts) => parts.join("")),
  ),
};

for (const format of ["jsonl", "tsv"] as const) {
  test(
    `an invented ${format} file is rows, failures of rows, or the user's error, and the same from any offset`,
    async () => {
      let rows = 0;
      await fc.assert(
        fc.asyncProperty(damaged(files[format]), fc.nat({ max: 9 }), async (content, offset) => {
          const whole = await read(`${format}/task.${format}`, content);
          if (!whole) return;
          holds(whole);
          rows += whole.items.filter((item) => "row" in item).length;
          if (offset > 3) return;
          const rest = await read(`${format}/task.${format}`, content, offset);
          // A row that is another's failure may be the first one of a reading that begins there.
          if (rest) expect(withoutImages(rest.items)).toEqual(withoutImages(whole.items).slice(offset));
        }),
        inventedFiles(),
      );
      expect(rows).toBeGreaterThan(0);
    },
    inventedTimeout,
  );
}

const soundRows = fc.array(
  fc.record({
    index: fc.integer(),
    question: texts.filter((text) => text !== ""),
    answers: fc.array(texts),
    options: fc.array(
      texts.map((text) => text.replace(/[\ud800-\udfff]/g, "-")),
      { minLength: 1 },
    ),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  }),
  { minLength: 1, maxLength: 6 },
);
/** Whole characters only: a lone surrogate has no UTF-8, in any program. */
const whole = <T>(value: T): T => JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/gi, "?")) as T;

test(
  "rows written as pandas and as json write them are the rows that are read, from TSV and JSONL alike",
  async () => {
    await fc.assert(
      fc.asyncProperty(soundRows.map(whole), async (rows) => {
        const image = { image: null };
        const written = {
          jsonl: rows.map((cells) => JSON.stringify({ ...cells, ...image })).join("\n"),
          tsv: asTsv(rows),
        };
        for (const format of ["jsonl", "tsv"] as const) {
          const found = await read(`sound/${format}/task.${format}`, written[format]);
          expect(found?.items.map((item) => ("row" in item ? item.row.question : item.failure.detail))).toEqual(
            rows.map(({ question }) => question),
          );
          expect(found?.items.map((item) => ("row" in item ? item.row.answers : []))).toEqual(
            rows.map(({ answers }) => answers),
          );
          expect(found?.items.map((item) => ("row" in item ? item.row.number : []))).toEqual(
            rows.map(({ number }) => number),
          );
        }
      }),
      inventedFiles(0.5),
    );
  },
  inventedTimeout,
);

/** pandas' tokenizer (`pandas/_libs/src/parser/tokenizer.c`), one character after the other. */
function pandasRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = "";
  let state: "start" | "plain" | "quoted" | "quote in quoted" = "start";
  const endCell = () => {
    record.push(cell);
    cell = "";
    state = "start";
  };
  for (const character of text) {
    if (state === "quoted") {
      if (character === '"') state = "quote in quoted";
      else cell += character;
    } else if (character === "\t") endCell();
    else if (character === "\n") {
      endCell();
      records.push(record);
      record = [];
    } else if (character === '"' && state === "start") state = "quoted";
    else if (character === '"' && state === "quote in quoted") {
      cell += character;
      state = "quoted";
    } else {
      cell += character;
      state = "plain";
    }
  }
  endCell();
  records.push(record);
  return records;
}

test(
  "a TSV is cut into cells as pandas cuts it, also where a quote or a line end falls between two reads of the file",
  async () => {
    const soup = fc
      .array(fc.constantFrom("\t", "\n", '"', '""', "a", 'b"'), { maxLength: 30 })
      .map((parts) => parts.join(""));
    const form = Type.Object({ question: Type.String(), answers: Type.String() });
    const path = join(dir, "soup", "task.tsv");
    await mkdir(dirname(path), { recursive: true });
    const check = async (text: string, padding: number) => {
      const head = `question\tanswers\n${padding > 0 ? `${"p".repeat(padding - 20)}\t[]\n` : ""}`;
      await writeFile(path, head + text);
      await using dataset = await openDataset({
        task: "task",
        splitName: "test",
        split,
        row: form,
        data: dirname(path),
      });
      const cells: (string[] | number)[] = [];
      for await (const batch of dataset.batches(0, new AbortController().signal))
        for (const item of batch)
          cells.push(
            "row" in item
              ? [item.row.question as string, item.row.answers as string]
              : Number(/: (\d+) cells/.exec(item.failure.detail)?.[1]),
          );
      const expected = pandasRecords(text).map((record) => (record.length === 2 ? record : record.length));
      // Lines of one cell are left out on both sides: pandas skips empty ones, and we do.
      expect(cells.slice(padding > 0 ? 1 : 0).filter((cell) => cell !== 1)).toEqual(
        expected.filter((cell) => cell !== 1),
      );
    };
    await fc.assert(
      fc.asyncProperty(soup, (text) => check(text, 0)),
      inventedFiles(0.95),
    );
    // Reads are of one MiB: what is invented lies across the border of two.
    await fc.assert(
      fc.asyncProperty(
        soup,
        fc.nat({ max: 40 }).map((back) => 1024 * 1024 - back),
        check,
      ),
      inventedFiles(0.05),
    );
  },
  inventedTimeout,
);

test("nothing in a cell makes its reading take long: brackets, quotes and backslashes by the hundred thousand", async () => {
  const many = 100_000;
  const nasty = ["[", "['", "\\", "['a' ", "{'a':", "array(", '"', "'", '["\\', "(", "nan ", "["].map((part) =>
    part.repeat(many),
  );
  const started = await read(
    "nasty/task.jsonl",
    [
      ...[{ index: 0, question: "q", answers: ["a"], options: "['a']", image: null }],
      ...nasty.map((cell) => ({ index: 1, question: "q", answers: cell, options: cell, image: null })),
    ]
      .map(asPython)
      .join("\n"),
  );
  expect(started?.items).toHaveLength(nasty.length + 1);
}, 20_000);
