/** Demo rows as parquet files with the columns of the official ones, in several row groups as real files have them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { UserError } from "../../core/errors.js";
import { makeFolder } from "../../files/make-folder.js";
import { encodePng } from "../../images/png.js";
import type { Image } from "./draw.js";
import { DEMO_SPLITS, DEMO_TASKS, type DemoRow, type DemoTask, demoRows } from "./rows.js";

/** Rows of one row group: small, so that the demo reads more than one. */
const GROUP_ROWS = 64;

type Column = "string" | "int64" | "image" | "strings" | "answers";

/** The columns in the official order. MMMU's unused image columns are there and null. */
const COLUMNS: Readonly<Record<DemoTask, Readonly<Record<string, Column>>>> = {
  vqav2: {
    question_type: "string",
    multiple_choice_answer: "string",
    answers: "answers",
    image_id: "int64",
    answer_type: "string",
    question_id: "int64",
    question: "string",
    image: "image",
  },
  mmmu: {
    id: "string",
    question: "string",
    options: "string",
    explanation: "string",
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((i) => [`image_${i}`, "image" as const])),
    img_type: "string",
    answer: "string",
    topic_difficulty: "string",
    question_type: "string",
    subfield: "string",
  },
  pope: {
    id: "string",
    question_id: "string",
    question: "string",
    answer: "string",
    image_source: "string",
    image: "image",
    category: "string",
  },
  coco2017_cap: {
    question_id: "string",
    image: "image",
    question: "string",
    answer: "strings",
    id: "int64",
    license: "int64",
    file_name: "string",
    coco_url: "string",
    height: "int64",
    width: "int64",
    date_captured: "string",
  },
};

function text(name: string): SchemaElement {
  return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" };
}

function list(name: string, element: readonly SchemaElement[]): SchemaElement[] {
  return [
    { name, num_children: 1, repetition_type: "OPTIONAL", converted_type: "LIST" },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    ...element,
  ];
}

function elements(name: string, column: Column): SchemaElement[] {
  switch (column) {
    case "string":
      return [text(name)];
    case "int64":
      return [{ name, type: "INT64", repetition_type: "OPTIONAL" }];
    case "strings":
      return list(name, [text("element")]);
    case "answers":
      return list(name, [
        { name: "element", num_children: 3, repetition_type: "OPTIONAL" },
        text("answer"),
        text("answer_confidence"),
        { name: "answer_id", type: "INT64", repetition_type: "OPTIONAL" },
      ]);
    case "image":
      return [
        { name, num_children: 2, repetition_type: "OPTIONAL" },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        text("path"),
      ];
  }
}

/** The cell of a row; an image is encoded once for all the rows that share it. */
async function cell(row: DemoRow, name: string, column: Column, encoded: Map<Image, Uint8Array>): Promise<unknown> {
  if (column === "image") {
    if (name !== "image" && name !== "image_1") return null;
    const { image } = row;
    const bytes = encoded.get(image) ?? (await encodePng(image.rgb, image.width, image.height));
    encoded.set(image, bytes);
    return { bytes, path: `demo_${encoded.size}.png` };
  }
  const value = row[name];
  if (column === "int64") return BigInt(value as number);
  if (column === "answers") {
    return (value as { answer_id: number }[]).map((answer) => ({ ...answer, answer_id: BigInt(answer.answer_id) }));
  }
  return value;
}

/** One parquet file's bytes. */
export async function demoParquet(task: DemoTask, rows: readonly DemoRow[]): Promise<Uint8Array> {
  const columns = Object.entries(COLUMNS[task]);
  const encoded = new Map<Image, Uint8Array>();
  const cells = new Map(columns.map(([name]) => [name, [] as unknown[]]));
  for (const row of rows) {
    for (const [name, column] of columns) cells.get(name)?.push(await cell(row, name, column, encoded));
  }
  const buffer = parquetWriteBuffer({
    columnData: columns.map(([name]) => ({ name, data: cells.get(name) ?? [] })),
    schema: [
      { name: "schema", num_children: columns.length },
      ...columns.flatMap(([name, column]) => elements(name, column)),
    ],
    rowGroupSize: GROUP_ROWS,
    statistics: false,
    kvMetadata: [{ key: mark, value: "demo" }],
  });
  return new Uint8Array(buffer);
}

/** Real rows have such names too. @throws UserError  a file is there that is not drawn */
async function requireDrawn(path: string): Promise<void> {
  const there = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (there === undefined || there.includes(mark)) return;
  throw new UserError(
    "a file that is not of demo-data is there already",
    path,
    "give --out another folder, or remove it",
  );
}

const mark = "llava-eval";

export interface DemoOptions {
  readonly tasks?: readonly DemoTask[];
  /** Default: each benchmark's own split name. */
  readonly split?: string;
  readonly seed: number;
  readonly rows: number;
}

/** Writes `<folder>/<task>/<split>-00000-of-00001.parquet` for each task; returns the paths below the folder. */
export async function writeDemoParquet(folder: string, options: DemoOptions): Promise<string[]> {
  const written: string[] = [];
  for (const task of options.tasks ?? DEMO_TASKS) {
    const split = options.split ?? DEMO_SPLITS[task];
    const bytes = await demoParquet(task, demoRows(task, split, options.seed, options.rows));
    const path = join(task, `${split}-00000-of-00001.parquet`);
    await makeFolder(join(folder, task));
    await requireDrawn(join(folder, path));
    await writeFile(join(folder, path), bytes);
    written.push(path);
  }
  return written;
}
