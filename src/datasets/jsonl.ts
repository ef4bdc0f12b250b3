import { basename, dirname, join } from "node:path";
import { messageOf, SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { parsePythonJson } from "../core/python-json.js";
import { base64Image, looksBase64 } from "./columns.js";
import { imageFile } from "./image-file.js";
import type { RawItem, RowSource } from "./source.js";
import { type RecordPlace, textRecords, utf8Of } from "./text-records.js";
import { videoFiles } from "./video-file.js";

const batchRows = 100;

/**
 * One JSON object per line, as Python writes it too (NaN). An image is a file name relative to the JSONL file (or to an `images`
 * folder beside it), a `data:` URI, base64, or `{"bytes": base64, "path": name}`.
 * @param digest  of the file: see `contentDigest`
 * @param root  the data folder, resolved; no image may lie outside
 */
export function openJsonl(path: string, root: string, digest: string): RowSource {
  const folder = dirname(path);
  const folders = [folder, join(folder, "images"), join(folder, basename(path, ".jsonl"))];
  let rows: number | undefined;
  /** Where every hundredth row begins, as far as it was seen: rows behind are gone to without reading those before them. */
  const marks: RecordPlace[] = [];
  return {
    get rows() {
      return rows;
    },
    image: (cell) => jsonImage(cell, root, folders),
    video: videoFiles(path, root),
    seeks: true,
    async *read(offset, _columns, signal, end = Number.POSITIVE_INFINITY) {
      const mark = Math.min(Math.floor(offset / batchRows), marks.length - 1);
      let index = Math.max(0, mark) * batchRows - 1;
      let batch: RawItem[] = [];
      for await (const record of textRecords(path, false, signal, marks[mark])) {
        if (record.bytes.length === 0) continue;
        index += 1;
        if (index % batchRows === 0) marks[index / batchRows] ??= { at: record.at, line: record.line };
        if (index < offset) continue;
        if (index >= end) {
          if (batch.length > 0) yield batch;
          return;
        }
        batch.push(parse(record.bytes, index, `${basename(path)}:${record.line}`));
        if (batch.length < batchRows) continue;
        yield batch;
        batch = [];
      }
      rows = index + 1;
      if (batch.length > 0) yield batch;
    },
    identity: () => [`${basename(path)} ${digest}`],
    close: async () => {},
  };
}

function parse(bytes: Buffer, index: number, where: string): RawItem {
  try {
    const cells: unknown = parsePythonJson(utf8Of(bytes), "null");
    if (typeof cells !== "object" || cells === null || Array.isArray(cells))
      throw new Error("a line must be one JSON object");
    return { index, cells: cells as Record<string, unknown> };
  } catch (error) {
    return { index, failure: new SampleFailure("data", `${where}: ${messageOf(error)}`, { cause: error }) };
  }
}

function jsonImage(cell: unknown, root: string, folders: readonly string[]): ImageRef | null {
  if (typeof cell === "string") return looksBase64(cell) ? base64Image(cell) : imageFile(cell, root, folders);
  if (typeof cell !== "object" || cell === null) return null;
  const { bytes, path } = cell as { bytes?: unknown; path?: unknown };
  const name = typeof path === "string" ? path : undefined;
  if (typeof bytes === "string") return base64Image(bytes, name);
  return name === undefined ? null : imageFile(name, root, folders);
}
