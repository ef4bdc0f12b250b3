import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { parseListCell, writeStringList } from "../core/python-literal.js";
import { imageKeyword, listTextKeyword, type TSchema, videoKeyword } from "../core/schema.js";
import type { VideoRef } from "../core/video.js";

/** Makes an `ImageRef` of what a file holds in an image column; each file format has its own. Null stays null. */
export type ImageReader = (cell: unknown) => ImageRef | null;

/** Makes a `VideoRef` of what a file holds in a column that names a clip. */
export type VideoReader = (cell: unknown) => VideoRef | null;

/** What the cells of media columns mean. */
export interface MediaReaders {
  readonly image: ImageReader;
  readonly video?: VideoReader;
}

/** A JSON Schema as far as rows are converted by it. */
interface Node {
  readonly type?: string;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly [imageKeyword]?: boolean;
  readonly [videoKeyword]?: boolean;
  readonly [listTextKeyword]?: boolean;
}

type Convert = (value: unknown) => unknown;

/** The columns that a task's row schema names, in its order. Others are not read. */
export function columnsOf(row: TSchema): readonly string[] {
  return Object.keys((row as Node).properties ?? {});
}

/** Those that every row must have. */
export function requiredColumns(row: TSchema): readonly string[] {
  return (row as Node).required ?? [];
}

/**
 * Compiles a row schema to a function from a file's cells to a row: images and clips become references, int64 numbers where they are
 * exact, `undefined` and NaN null, timestamps ISO strings; a list that a file keeps as text is read, and the other way round where
 * the benchmark has the text; an optional column that is null is left out.
 * @param coerce  first makes a cell what the schema says (text formats, where every cell is a string)
 */
export function rowConverter(
  row: TSchema,
  media: MediaReaders,
  coerce?: (cell: unknown, column: TSchema) => unknown,
): (cells: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const node = row as Node;
  const required = new Set(node.required ?? []);
  const columns = Object.entries(node.properties ?? {}).map(([name, column]) => ({
    name,
    convert: converter(column, media),
    coerce: coerce && !mentionsMedia(column) ? (cell: unknown) => coerce(cell, column as TSchema) : undefined,
    dropNull: !required.has(name) && !acceptsNull(column),
  }));
  return (cells) => {
    const result: Record<string, unknown> = {};
    for (const column of columns) {
      const cell = cells[column.name];
      if (cell === undefined && !(column.name in cells)) continue;
      // In text formats a cell without text is how an optional column says "none".
      if (column.coerce && cell === "" && column.dropNull) continue;
      const value = column.convert(column.coerce ? column.coerce(cell) : cell);
      if (value === null && column.dropNull) continue;
      result[column.name] = value;
    }
    return result;
  };
}

function converter(node: Node, media: MediaReaders): Convert {
  const branches = [node, ...(node.anyOf ?? [])];
  const list = branches.find(({ items }) => items !== undefined);
  const asText = branches.some((branch) => branch[listTextKeyword]);
  const convert = asText ? listAsText : converterOf(node, media);
  // Text is a list only where the schema has no text of its own.
  if (!list || branches.some(({ type }) => type === "string")) return convert;
  const numbersAsText = list.items?.type === "string";
  return (value) => convert(typeof value === "string" ? listOf(value, numbersAsText) : value);
}

function converterOf(node: Node, media: MediaReaders): Convert {
  if (!mentionsMedia(node)) return plain;
  if (node[imageKeyword]) return media.image;
  if (node[videoKeyword]) return media.video ?? absentVideo;
  if (node.anyOf) {
    const branch = node.anyOf.find(mentionsMedia) as Node;
    const convert = converterOf(branch, media);
    // MathVerse's text-only rows have the empty text where others have an image.
    return (value) => (value === null || value === undefined || value === "" ? null : convert(value));
  }
  if (node.items) {
    const convert = converter(node.items, media);
    return (value) => (Array.isArray(value) ? value.map(convert) : plain(value));
  }
  const fields = Object.entries(node.properties ?? {}).map(([name, field]) => [name, converter(field, media)] as const);
  return (value) => {
    if (typeof value !== "object" || value === null) return plain(value);
    const cells = value as Record<string, unknown>;
    return Object.fromEntries(fields.map(([name, convert]) => [name, convert(cells[name])]));
  };
}

/** The list that the text says; what says none stays text, and the schema check names it. */
function listOf(text: string, numbersAsText: boolean): unknown {
  try {
    return parseListCell(text, numbersAsText);
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function listAsText(value: unknown): unknown {
  const cell = plain(value);
  return Array.isArray(cell) ? writeStringList(cell) : cell;
}

function mentionsMedia(node: Node): boolean {
  if (node[imageKeyword] || node[videoKeyword]) return true;
  const below = [...(node.anyOf ?? []), ...(node.items ? [node.items] : []), ...Object.values(node.properties ?? {})];
  return below.some(mentionsMedia);
}

function acceptsNull(node: Node): boolean {
  return node.type === "null" || (node.anyOf ?? []).some(acceptsNull);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A cell as JSON has it. An int64 beyond 2^53 becomes its decimal string: JSON numbers would round it silently. */
function plain(value: unknown): unknown {
  switch (typeof value) {
    case "undefined":
      return null;
    case "number":
      // How pandas says "none" in a column of numbers.
      return Number.isNaN(value) ? null : value;
    case "bigint":
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(plain);
      if (value instanceof Date) return value.toISOString();
      if (value instanceof Uint8Array) return text(value);
      if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
    default:
      return value;
  }
}

/** Old files keep text in binary columns that no annotation calls strings. */
function text(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return Buffer.from(bytes).toString("base64");
  }
}

/**
 * Whatever may be in a parquet image column: `struct<bytes, path>`, plain bytes, base64 (WebSRC).
 * @param file  where an image is found that is only named; absent on the hub, whose rows hold their images
 */
export function parquetImage(file: (name: string) => ImageRef = absentImage): ImageReader {
  return (cell) => {
    if (cell === null || cell === undefined) return null;
    if (cell instanceof Uint8Array) return storedImage(cell, undefined);
    if (typeof cell === "string") return looksBase64(cell) ? base64Image(cell) : file(cell);
    if (typeof cell !== "object") return null;
    const { bytes, path } = cell as { bytes?: unknown; path?: unknown };
    const name = path instanceof Uint8Array ? Buffer.from(path).toString("utf8") : path;
    const label = typeof name === "string" ? name : undefined;
    if (bytes instanceof Uint8Array) return storedImage(bytes, label);
    if (typeof bytes === "string") return base64Image(bytes, label);
    // A null struct: a row without this image (MMMU's image_2 to image_7).
    return label === undefined ? null : file(label);
  };
}

/** No file name is this long; a `data:` URI and base64 of any image are. */
const longestName = 64;

export function looksBase64(cell: string): boolean {
  if (cell.startsWith("data:")) return true;
  return cell.length > longestName && !/[^A-Za-z0-9+/=\s]/.test(cell.slice(0, 256));
}

/** A page up to this size may be kept alive by one image in it; a copy would cost more than it saves. */
const keptPageBytes = 4 * 1024 * 1024;

/**
 * Bytes inside a page of a parquet file. They are a view on the whole decompressed page (about 1 MB, but up to the whole
 * column chunk), so the first use copies them out of a large one: a slow request then holds its own image only.
 */
function storedImage(page: Uint8Array, path: string | undefined): ImageRef {
  let held = page;
  return {
    ...defined({ path }),
    async bytes() {
      const { byteLength, buffer } = held;
      if (buffer.byteLength > Math.max(keptPageBytes, 2 * byteLength)) held = held.slice();
      return held;
    },
  };
}

/** Base64 text, or a `data:` URI with it. */
export function base64Image(cell: string, path?: string): ImageRef {
  const comma = cell.startsWith("data:") ? cell.indexOf(",") + 1 : 0;
  return {
    ...defined({ path }),
    bytes: async () => Buffer.from(comma > 0 ? cell.slice(comma) : cell, "base64"),
  };
}

function absentImage(path: string): ImageRef {
  return {
    path,
    bytes: async () => {
      throw new SampleFailure(
        "data",
        `the dataset names the image ${JSON.stringify(path)} but does not hold its bytes`,
      );
    },
  };
}

/** Of sources that have rows alone. */
function absentVideo(cell: unknown): VideoRef | null {
  return typeof cell === "string" ? absent(cell) : null;
}

const absent = (path: string): VideoRef => ({
  path,
  file: async () => {
    const shown = JSON.stringify(path.slice(0, 200));
    throw new SampleFailure(
      "data",
      `the clip ${shown} is in no place that is read here: give a folder with it, --data DIR`,
    );
  },
  named: absent,
  beside: (text) => ({ path: text, read: async () => undefined }),
});
