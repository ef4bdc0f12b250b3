/** Parquet files, read row group by row group. The only file that knows hyparquet. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { compressors as codecs, decompressZstd } from "hyparquet-compressors";

export type { AsyncBuffer };

/** The footer's length is unknown before it is read: enough for ten row groups of ten columns in one request. */
const footerGuess = 64 * 1024;
/** Larger ones are refused: one page of pictures is about 1 MB, a whole column chunk in one page up to a few hundred. */
const maxPageBytes = 512 * 1024 * 1024;
const maxFooterBytes = 64 * 1024 * 1024;
const maxGroupRows = 10_000_000;
/** Decompressed bytes of one batch, aimed at: row groups beyond it are read in parts where the file has an offset index. */
const batchBytes = 32 * 1024 * 1024;

export interface ParquetFile {
  readonly rows: number;
  readonly groups: readonly RowGroup[];
  /** Names of the top-level columns. */
  readonly columns: readonly string[];
  /** The decoded footer's parts that identify the file, for digests. */
  readonly footer: string;
}

export interface RowGroup {
  /** First row in the file, and one past the last. */
  readonly start: number;
  readonly end: number;
}

/** Reads the footer: one request, two when it is longer than 64 KB. Throws an `Error` that says what is wrong with the file. */
export async function openParquet(file: AsyncBuffer): Promise<ParquetFile & { readonly metadata: FileMetaData }> {
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
  const footer = `${file.byteLength}:${metadata.metadata_length}:${metadata.row_groups
    .map(
      (group) =>
        `${group.num_rows}/${group.columns.map((column) => column.meta_data?.total_compressed_size).join(",")}`,
    )
    .join(";")}`;
  return { rows: at, groups, columns, footer, metadata };
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

/** A page may not grow beyond what its header claims, and the claim itself is bounded: decompression bombs end here. */
const bounded: Compressors = {
  ...Object.fromEntries(
    Object.entries(codecs).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, size: number) => decompress(input, checkedSize(size)),
    ]),
  ),
  GZIP: (input, size) => gunzipSync(input, { maxOutputLength: Math.max(1, checkedSize(size)) }),
  BROTLI: (input, size) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, checkedSize(size)) }),
  ZSTD: (input, size) => {
    const claimed = zstdContentSize(input);
    if (claimed !== undefined && claimed !== size) {
      throw new Error(`a zstd page claims ${claimed} bytes where its header says ${size}`);
    }
    return decompressZstd(input, new Uint8Array(checkedSize(size)));
  },
};

function checkedSize(size: number): number {
  if (size >= 0 && size <= maxPageBytes) return size;
  throw new Error(`a page claims ${size} bytes decompressed; at most ${maxPageBytes} are read`);
}

/** Frame_Content_Size of a Zstandard frame (RFC 8878, 3.1.1.1), undefined when the frame does not say. */
function zstdContentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  switch (descriptor >> 6) {
    case 0:
      return single ? view.getUint8(at) : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

/** How a row group is cut into batches: whole, or in parts of about 32 MB when its pages can be found one by one. */
export function batchesOf(
  parquet: { readonly metadata: FileMetaData },
  index: number,
  columns: readonly string[],
): number {
  const group = parquet.metadata.row_groups[index];
  if (!group) return 1;
  const wanted = group.columns.filter((column) => columns.includes(column.meta_data?.path_in_schema[0] ?? ""));
  const bytes = wanted.reduce((sum, column) => sum + Number(column.meta_data?.total_uncompressed_size ?? 0), 0);
  const indexed = wanted.every((column) => column.offset_index_offset !== undefined);
  return indexed ? Math.max(1, Math.ceil(bytes / batchBytes)) : 1;
}

/**
 * Rows [start, end) of the file, which must lie in one row group, as raw cells: binary as Uint8Array views on the page.
 * @param part  true when far fewer rows than the group's are wanted: then only their pages are read, where the file says which
 */
export async function readRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
  start: number,
  end: number,
  part: boolean,
): Promise<Record<string, unknown>[]> {
  const rows = await parquetReadObjects({
    file,
    metadata,
    columns: [...columns],
    rowStart: start,
    rowEnd: end,
    compressors: bounded,
    utf8: false, // else un-annotated binary (`image.bytes`) is decoded to strings and destroyed
    geoparquet: false,
    useOffsetIndex: part,
  });
  if (rows.length !== end - start) throw new Error(`${end - start} rows were expected and ${rows.length} are there`);
  return rows;
}
