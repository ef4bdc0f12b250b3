/** A parquet file's footer: what is in it and where. This folder alone knows hyparquet. */
import type { FileMetaData, AsyncBuffer as SlicedBuffer } from "hyparquet";
// Not from the package's index, which loads its query engine and its variants as well.
import { parquetMetadataAsync } from "hyparquet/src/metadata.js";

/** A file read by ranges. */
export interface AsyncBuffer extends SlicedBuffer {
  /** Fills `target` from byte `start` on: a file on disk, whose reader's memory can serve the next read. */
  readInto?(target: Uint8Array, start: number): Promise<void>;
}

/** The footer's length is unknown before it is read: enough for ten row groups of ten columns in one request. */
const footerGuess = 64 * 1024;
const maxFooterBytes = 64 * 1024 * 1024;
const maxGroupRows = 10_000_000;

export interface ParquetFile {
  readonly metadata: FileMetaData;
  readonly rows: number;
  readonly groups: readonly RowRange[];
  /** Names of the top-level columns. */
  readonly columns: readonly string[];
}

interface RowRange {
  /** First row in the file, and one past the last. */
  readonly start: number;
  readonly end: number;
}

/** Reads the footer: one request, two when it is longer than 64 KB. Throws an `Error` that says what is wrong with the file. */
export async function openParquet(file: AsyncBuffer): Promise<ParquetFile> {
  if (file.byteLength < 12) throw new Error(`a parquet file cannot have ${file.byteLength} bytes`);
  const metadata = await parquetMetadataAsync(boundedFooter(file), {
    initialFetchSize: footerGuess,
    geoparquet: false,
  });
  let at = 0;
  const groups = metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    if (!(rows >= 0 && rows <= maxGroupRows))
      throw new Error(`a row group claims ${rows} rows; at most ${maxGroupRows} are read`);
    for (const column of group.columns) {
      const size = Number(column.meta_data?.total_compressed_size ?? 0);
      if (!(size >= 0 && size <= file.byteLength))
        throw new Error(`a column chunk claims ${size} bytes, more than the file has`);
    }
    const start = at;
    at += rows;
    return { start, end: at };
  });
  const columns: string[] = [];
  // The schema is a flattened tree: the children of the root are those at depth one.
  for (let i = 1; i < metadata.schema.length; i = afterSubtree(metadata.schema, i)) {
    columns.push(metadata.schema[i]?.name ?? "");
  }
  return { rows: at, groups, columns, metadata };
}

function afterSubtree(schema: FileMetaData["schema"], at: number): number {
  let next = at + 1;
  for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = afterSubtree(schema, next);
  return next;
}

/** A footer's claimed length is checked before that much is asked for. */
function boundedFooter(file: AsyncBuffer): AsyncBuffer {
  return {
    byteLength: file.byteLength,
    slice: (start, end = file.byteLength) => {
      if (end - start > maxFooterBytes)
        throw new Error(`the footer claims ${end - start} bytes; at most ${maxFooterBytes} are read`);
      return file.slice(start, end);
    },
  };
}
