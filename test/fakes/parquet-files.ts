/** Parquet files as official datasets have them, for tests: images as struct<bytes, path>, lists, null structs, any codec. */

import { gzipSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { defined } from "../../src/core/defined.js";

export type ColumnType =
  | "string"
  | "int64"
  | "double"
  | "bool"
  | "binary"
  | "image"
  | "images"
  /** A list of byte arrays that nothing calls text or images. */
  | "binaries"
  | "strings"
  | "doubles"
  | "ints"
  | "answers"
  /** A struct of texts and lists of texts, such as MathVista's metadata. */
  | { readonly struct: Readonly<Record<string, "string" | "strings">> };
export type Codec = "SNAPPY" | "ZSTD" | "GZIP" | "UNCOMPRESSED";

export interface ParquetOptions {
  /** Rows per row group; default 100, as Hugging Face's `datasets` writes image datasets. */
  readonly rowGroupSize?: number;
  readonly codec?: Codec;
  /** pyarrow writes an offset index only on request: default false. */
  readonly offsetIndex?: boolean;
  readonly pageSize?: number;
}

/** One file. Columns are nullable; `answers` is VQAv2's list<struct{answer, answer_confidence, answer_id}>. */
export function parquetBytes(
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Readonly<Record<string, unknown>>[],
  options: ParquetOptions = {},
): Uint8Array {
  const { rowGroupSize = 100, codec = "SNAPPY", offsetIndex = false, pageSize } = options;
  const names = Object.keys(columns);
  const schema: SchemaElement[] = [
    { name: "root", num_children: names.length },
    ...names.flatMap((name) => schemaOf(name, columns[name] as ColumnType)),
  ];
  const columnData = names.map((name) => ({
    name,
    data: rows.map((row) => {
      return withBigInts(row[name] ?? null, columns[name] as ColumnType);
    }),
    offsetIndex,
  }));
  const compressors = { ZSTD: storeZstd, GZIP: (input: Uint8Array) => new Uint8Array(gzipSync(input)) };
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      schema,
      codec,
      compressors,
      rowGroupSize,
      ...defined({ pageSize }),
    }),
  );
}

/** The writer wants int64 as BigInt. */
function withBigInts(cell: unknown, type: ColumnType): unknown {
  if (type === "int64" && typeof cell === "number") return BigInt(cell);
  if (type === "ints" && Array.isArray(cell)) return cell.map(BigInt);
  if (type !== "answers" || !Array.isArray(cell)) return cell;
  return cell.map((answer) => ({ ...answer, answer_id: BigInt(answer.answer_id) }));
}

function schemaOf(name: string, type: ColumnType): SchemaElement[] {
  const leaf = (leafName: string, element: Partial<SchemaElement>): SchemaElement =>
    ({ name: leafName, repetition_type: "OPTIONAL", ...element }) as SchemaElement;
  const text = (leafName: string) => leaf(leafName, { type: "BYTE_ARRAY", converted_type: "UTF8" });
  const list = (element: SchemaElement[]): SchemaElement[] => [
    leaf(name, { converted_type: "LIST", num_children: 1 }),
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...element,
  ];
  const image = (structName: string): SchemaElement[] => [
    leaf(structName, { num_children: 2 }),
    leaf("bytes", { type: "BYTE_ARRAY" }),
    text("path"),
  ];
  if (typeof type === "object") {
    const fields = Object.entries(type.struct);
    return [
      leaf(name, { num_children: fields.length }),
      ...fields.flatMap(([field, fieldType]) => schemaOf(field, fieldType)),
    ];
  }
  switch (type) {
    case "string":
      return [text(name)];
    case "int64":
      return [leaf(name, { type: "INT64" })];
    case "double":
      return [leaf(name, { type: "DOUBLE" })];
    case "bool":
      return [leaf(name, { type: "BOOLEAN" })];
    case "binary":
      return [leaf(name, { type: "BYTE_ARRAY" })];
    case "image":
      return image(name);
    case "binaries":
      return list([leaf("element", { type: "BYTE_ARRAY" })]);
    case "images":
      return list(image("element"));
    case "strings":
      return list([text("element")]);
    case "ints":
      return list([leaf("element", { type: "INT64" })]);
    case "doubles":
      return list([leaf("element", { type: "DOUBLE" })]);
    case "answers":
      return list([
        leaf("element", { num_children: 3 }),
        text("answer"),
        text("answer_confidence"),
        leaf("answer_id", { type: "INT64" }),
      ]);
  }
}

/** A Zstandard frame of stored blocks (RFC 8878, 3.1.1.2): Node 20 reads no zstd, so it cannot write it either. */
function storeZstd(input: Uint8Array): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(input.byteLength), true);
  // Frame_Header_Descriptor: single segment, 8-byte content size.
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0), size];
  const step = 128 * 1024;
  for (let at = 0; at === 0 || at < input.byteLength; at += step) {
    const block = input.subarray(at, at + step);
    const last = at + step >= input.byteLength ? 1 : 0;
    const header = (block.byteLength << 3) | last;
    parts.push(Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), block);
  }
  return new Uint8Array(Buffer.concat(parts));
}
