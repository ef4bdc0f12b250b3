import type { SampleFailure } from "../core/errors.js";
import type { TSchema } from "../core/schema.js";
import type { ImageReader, VideoReader } from "./columns.js";
import type { AsyncBuffer } from "./parquet/file.js";

/** Cells of one row before conversion, or why they could not be read. */
export type RawItem =
  | { readonly index: number; readonly cells: Readonly<Record<string, unknown>> }
  | { readonly index: number; readonly failure: SampleFailure };

/** One file format read from one place: rows with the file's own cells, not yet checked. */
export interface RowSource {
  /** Rows in all; undefined until the end was read, where nothing else can tell. */
  readonly rows?: number | undefined;
  /** The rows were drawn by `demo-data`; known with `rows`. */
  readonly demo?: boolean;
  /** What an image column's cell means here. */
  readonly image: ImageReader;
  /** What the cell of a column that names a clip means here. */
  readonly video?: VideoReader;
  /** Every cell is text: make it what the column's schema says first. */
  readonly coerce?: (cell: unknown, column: TSchema) => unknown;
  /** Rows of each file, in order, where all are known. */
  readonly fileRows?: readonly number[] | undefined;
  /** Reading a few rows costs little, wherever they stand. */
  readonly seeks?: true;
  /** Batches in file order from row `offset` on; rows from `end` on are not wanted. */
  read(
    offset: number,
    columns: readonly string[],
    signal: AbortSignal,
    end?: number,
  ): AsyncIterable<readonly RawItem[]>;
  /** What identifies the content: name, size and hash or footer of each file. Complete when reading has ended. */
  identity(): readonly string[];
  close(): Promise<void>;
}

/** One parquet file of a split, opened when its turn comes: local, cached, or behind HTTP ranges. */
export interface Shard {
  /** Relative to the dataset, for messages and digests: `data/validation-00000-of-00068.parquet`. */
  readonly name: string;
  /** What identifies its content. */
  readonly identity: string;
  /** @param ahead  the next one will be wanted too: it may be fetched already */
  open(ahead?: boolean): Promise<OpenShard>;
  /** A cheaper way to read just the footer; default: `open`. */
  footer?(): Promise<OpenShard>;
}

export interface OpenShard extends AsyncDisposable {
  readonly file: AsyncBuffer;
  /** Why the content must not be used although it can be read: its hash is wrong. Its rows become failures. */
  readonly damage?: string;
}
