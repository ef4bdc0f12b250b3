import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import type { TSchema } from "../core/schema.js";
import type { TextCells, TsvRows } from "../core/task.js";
import { base64Image, looksBase64 } from "./columns.js";
import { imageFile } from "./image-file.js";
import type { RawItem, RowSource } from "./source.js";
import { textRecords, utf8Of } from "./text-records.js";
import { videoFiles } from "./video-file.js";

const batchRows = 100;
/** VLMEvalKit's rule: a cell this short in the `image` column is not base64 but the `index` of the row that has the image. */
const maxReference = 64;

/** Rows that are in VLMEvalKit's columns, where the header lacks one that the task must have, or has one that is theirs alone. */
export interface OtherColumns {
  readonly of: NonNullable<TsvRows["rows"]>;
  readonly split: string;
  readonly required: readonly string[];
  readonly alone: string | undefined;
}

/**
 * Tab-separated values with a header line and base64 images, as VLMEvalKit's files are (pandas' quoting). An `image` cell may
 * hold one image, a Python or JSON list of them, the `index` of another row, or a file name.
 * @param digest  of the file: see `contentDigest`
 * @param root  the data folder, resolved; no image file may lie outside
 */
export function openTsv(path: string, root: string, digest: string, other?: OtherColumns): RowSource {
  const beside = join(dirname(path), "images");
  // VLMEvalKit keeps those of a file that has none in it in a folder of the file's name.
  const folders = [dirname(path), beside, join(beside, basename(path, ".tsv"))];
  /** Byte ranges of the records that hold images, by `index`: for rows that refer to another's. */
  const records = new Map<string, { at: number; length: number }>();
  let header: readonly string[] = [];

  const imageOf = (cell: unknown): ImageRef | null => {
    // A list stands where the schema has one image: no image.
    if (typeof cell !== "string" || cell === "" || cell.startsWith("[")) return null;
    if (looksBase64(cell)) return base64Image(cell);
    if (cell.length <= maxReference && records.has(indexKey(cell))) return referredImage(indexKey(cell));
    return imageFile(cell, root, folders);
  };
  const referredImage = (index: string): ImageRef => ({
    path: index,
    bytes: async () => {
      const record = records.get(index) as { at: number; length: number };
      await using file = await open(path, "r");
      const bytes = Buffer.alloc(record.length);
      await file.read(bytes, 0, record.length, record.at);
      const cell = splitRecord(bytes.toString("utf8"))[header.indexOf("image")] ?? "";
      if (!looksBase64(cell))
        throw new SampleFailure("data", `row ${index} of ${basename(path)}, which this row refers to, has no image`);
      return base64Image(cell).bytes();
    },
  });

  let rows: number | undefined;
  return {
    get rows() {
      return rows;
    },
    image: imageOf,
    video: videoFiles(path, root),
    coerce: coerceText,
    async *read(offset, _columns, signal) {
      let index = -1;
      let position = -1;
      let isHead = true;
      let columns: ReturnType<typeof columnsOf> = [];
      let isOther = false;
      let batch: RawItem[] = [];
      const add = (item: { cells: Readonly<Record<string, unknown>> } | { failure: SampleFailure }) => {
        index += 1;
        if (index >= offset) batch.push({ index, ...item });
      };
      for await (const record of textRecords(path, true, signal)) {
        if (record.bytes.length === 0) continue;
        const place = `${basename(path)}:${record.line}`;
        let fields: readonly string[];
        try {
          fields = splitRecord(utf8Of(record.bytes));
        } catch (error) {
          if (isHead) throw new UserError(`the first line names no columns: ${messageOf(error)}`, path, inUtf8);
          position += 1;
          add({ failure: new SampleFailure("data", `${place}: ${messageOf(error)}`, { cause: error }) });
          continue;
        }
        if (isHead) {
          header = fields.map((field) => field.trim());
          columns = columnsOf(header);
          isHead = false;
          isOther =
            other !== undefined &&
            (other.required.some((column) => !header.includes(column)) ||
              (other.alone !== undefined && header.includes(other.alone)));
          continue;
        }
        position += 1;
        if (fields.length !== header.length) {
          const detail = `${fields.length} cells where the header has ${header.length}`;
          add({ failure: new SampleFailure("data", `${place}: ${detail}`) });
        } else {
          const cells = Object.fromEntries(columns.map(([i, name]) => [name, fields[i] ?? ""]));
          if (cells.index !== undefined && cells.image !== undefined && looksBase64(cells.image)) {
            records.set(indexKey(cells.index), { at: record.at, length: record.bytes.length });
          }
          const own = isOther && other ? other.of(withImage(cells), other.split, position) : [cells];
          for (const row of own) add({ cells: row });
        }
        if (batch.length < batchRows) continue;
        yield batch;
        batch = [];
      }
      if (isHead) throw new UserError("the file is empty", path, "its first line names the columns");
      rows = index + 1;
      if (batch.length > 0) yield batch;
    },
    identity: () => [`${basename(path)} ${digest}`],
    close: async () => {},
  };
}

const inUtf8 = "save the file as tab-separated values in UTF-8";

/** A name that stands twice is its first column's, as pandas has it: it calls the second one `answer.1`. */
const columnsOf = (header: readonly string[]) =>
  [...header.entries()].filter(([i, name]) => header.indexOf(name) === i);

/** Files beside it have their names in another column. */
const withImage = (cells: TextCells): TextCells =>
  cells.image || !cells.image_path ? cells : { ...cells, image: cells.image_path };

/** pandas writes an integer column with a gap as floats: `1.0` and `1` are one index. */
const indexKey = (cell: string) => cell.trim().replace(/^(-?\d+)\.0+$/, "$1");

/** Cells of one record: tab-separated, double quotes around cells that need them, a quote inside doubled. */
function splitRecord(record: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = "";
    if (record[at] === '"') {
      at += 1;
      for (;;) {
        const end = record.indexOf('"', at);
        if (end < 0) {
          cell += record.slice(at);
          at = record.length;
          break;
        }
        cell += record.slice(at, end);
        at = end + 1;
        if (record[at] !== '"') break;
        cell += '"';
        at += 1;
      }
    }
    const tab = record.indexOf("\t", at);
    cell += record.slice(at, tab < 0 ? undefined : tab);
    cells.push(cell);
    if (tab < 0) return cells;
    at = tab + 1;
  }
}

interface TextNode {
  readonly type?: string;
  readonly anyOf?: readonly TextNode[];
}

/** A text cell as the schema wants it; an empty one is null. What does not fit stays text, and the schema check names it. */
function coerceText(cell: unknown, column: TSchema): unknown {
  if (typeof cell !== "string") return cell;
  const node = column as TextNode;
  const types = [node.type, ...(node.anyOf ?? []).map((branch) => branch.type)];
  if (cell === "") return types.includes("string") && !types.includes("null") ? "" : null;
  if (types.includes("string")) return cell;
  if ((types.includes("integer") || types.includes("number")) && /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(cell))
    return Number(cell);
  if (types.includes("boolean") && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === "true";
  return cell;
}
