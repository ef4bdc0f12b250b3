/** The rows of every comparison as files that both programs read. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawnImage } from "../../fakes/images.js";
import { type ColumnType, parquetBytes } from "../../fakes/parquet-files.js";
import type { Comparison } from "./comparisons.js";

/** Each reply meets four rows: golds go round in fours, replies one place further in every round. */
export const rowsPerTask = 96;
const mostImages = 3;
/** Of a row's first image; no other image is as wide, nor one that a program asks with to see whether the endpoint is there. */
const firstWidth = 200;

export function replyTo({ replies }: Comparison, n: number): string {
  return replies[(n + Math.floor(n / replies.length)) % replies.length] as string;
}

/** Where a row's reply is, by the size of its first image. */
export interface Row {
  readonly task: string;
  readonly n: number;
  readonly reply: string;
}

/** One file, as the shim is told of it. */
export interface RowFile {
  readonly config: string | null;
  readonly split: string;
  readonly path: string;
  readonly images: readonly string[];
  readonly lists: readonly string[];
}

export interface Written {
  readonly rows: ReadonlyMap<string, Row>;
  readonly files: ReadonlyMap<Comparison, readonly RowFile[]>;
}

/** Below `folder`, for each comparison as our `--data` finds them; half of the images are JPEG, half PNG. */
export async function writeRows(folder: string, comparisons: readonly Comparison[]): Promise<Written> {
  const rows = new Map<string, Row>();
  const files = new Map<Comparison, readonly RowFile[]>();
  for (const [at, comparison] of comparisons.entries()) {
    const { theirs, ours, config, split, columns, imagesApart } = comparison;
    const [task = ""] = ours.split("@");
    const made: Readonly<Record<string, unknown>>[] = [];
    const apart: Readonly<Record<string, unknown>>[] = [];
    for (let n = 0; n < rowsPerTask; n++) {
      const images = await imagesOf(at, n);
      rows.set(`${firstWidth + n}x${32 + at}`, { task: theirs, n, reply: replyTo(comparison, n) });
      made.push(comparison.row(n, (nth = 0) => images[nth] as object));
      if (imagesApart) apart.push({ id: imagesApart.id(n), image: images[0] });
    }
    const written = [await write(join(folder, theirs, task), { config, split, columns, rows: made })];
    if (imagesApart) {
      const images = { columns: { id: "string", image: "image" } as const, rows: apart };
      written.push(await write(join(folder, theirs, task), { config: imagesApart.config, split, ...images }));
    }
    files.set(
      comparison,
      written.map((file) => ({ ...file, split: comparison.theirSplit ?? file.split })),
    );
  }
  return { rows, files };
}

async function imagesOf(at: number, n: number): Promise<readonly object[]> {
  return await Promise.all(
    Array.from({ length: mostImages }, async (_, nth) => {
      const format = (n + nth) % 2 ? ("png" as const) : ("jpeg" as const);
      const size = nth === 0 ? { width: firstWidth + n, height: 32 + at } : { width: 100 + 10 * nth, height: 90 };
      const bytes = await drawnImage({ seed: 100 * at + 3 * n + nth, ...size, format });
      return { bytes: new Uint8Array(bytes), path: `${at}-${n}-${nth}.${format}` };
    }),
  );
}

interface Table {
  readonly config: string | undefined;
  readonly split: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

async function write(task: string, { config, split, columns, rows }: Table): Promise<RowFile> {
  const folder = join(task, config ?? "data");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${split}-00000-of-00001.parquet`);
  await writeFile(path, parquetBytes(columns, rows));
  const ofType = (type: ColumnType) => Object.keys(columns).filter((name) => columns[name] === type);
  return { config: config ?? null, split, path, images: ofType("image"), lists: ofType("images") };
}
