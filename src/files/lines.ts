/** JSON lines read as a stream, plain or gzipped: the one place where a file is divided into lines. */
import { createReadStream } from "node:fs";
import { type FileHandle, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { messageOf, UserError } from "../core/errors.js";
import { parseJson } from "../core/json.js";
import { requireRegular } from "./regular-file.js";

/** Where a line stands in its file, in bytes; the newline is not counted. */
export interface LinePosition {
  readonly offset: number;
  readonly length: number;
}

export interface Line {
  /** A view of the chunk that was read: good until the next line is asked for. */
  readonly bytes: Buffer;
  readonly at: LinePosition;
  /** 1-based. */
  readonly number: number;
}

/** One answer of a model may be long; a line above this is not one of ours. */
const longestLine = 256 * 1024 * 1024;
const newline = 10;
const chunkBytes = 1 << 20;

/** Divides bytes into lines, chunk by chunk. */
export class LineSplitter {
  private rest: Buffer[] = [];
  private restLength = 0;
  private number = 0;
  /** Bytes up to the end of the last line. */
  end: number;

  /** @param start  offset of the first chunk in the file @param path  for messages */
  constructor(
    private readonly path: string,
    start = 0,
  ) {
    this.end = start;
  }

  *lines(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end);
      // A character, or a line, may lie across chunks.
      const bytes = this.restLength === 0 ? tail : Buffer.concat([...this.rest, tail]);
      const at = { offset: this.end, length: bytes.length };
      this.rest = [];
      this.restLength = 0;
      this.end += bytes.length + 1;
      this.number++;
      start = end + 1;
      // An empty line is nobody's record, and nothing is lost by it.
      if (bytes.length > 0) yield { bytes, at, number: this.number };
    }
    if (start === chunk.length) return;
    this.rest.push(Buffer.from(chunk.subarray(start)));
    this.restLength += chunk.length - start;
    if (this.restLength > longestLine) {
      throw new UserError("a line is longer than 256 MiB", `${this.path}:${this.number + 1}`, damaged);
    }
  }

  /**
   * At the file's end: what stands behind the last newline. A whole record is a line (editors and scripts leave the last newline
   * out); half a one is what a crash leaves behind, and is none.
   */
  *last(): Generator<Line> {
    const bytes = Buffer.concat(this.rest);
    const record = bytes.length === 0 ? undefined : jsonOf(bytes);
    if (typeof record !== "object" || record === null) return;
    const at = { offset: this.end, length: bytes.length };
    this.end += bytes.length;
    yield { bytes, at, number: this.number + 1 };
  }
}

const damaged = "the file was changed or damaged: restore it, or delete that line";

/** The JSON of a line. @throws UserError  with file and line */
export function parseLine({ bytes, number }: Pick<Line, "bytes" | "number">, path: string): unknown {
  try {
    return parseJson(textOf(bytes));
  } catch (error) {
    throw new UserError(`line ${number} is not JSON: ${messageOf(error)}`, `${path}:${number}`, damaged, {
      cause: error,
    });
  }
}

/** Without the byte-order mark that PowerShell and pandas' `utf-8-sig` write before the first line. */
const textOf = (bytes: Buffer) => bytes.toString("utf8").replace(/^\uFEFF/, "");

/** Every line of an open file from `start` on, handed to `onLine`. @returns the size up to the end of the last one */
export async function scanLines(
  file: FileHandle,
  path: string,
  onLine: (line: Line) => void,
  { start = 0, onBytes }: { readonly start?: number; onBytes?(chunk: Buffer): void } = {},
): Promise<number> {
  const splitter = new LineSplitter(path, start);
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let position = start; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
    if (bytesRead === 0) {
      for (const line of splitter.last()) onLine(line);
      return splitter.end;
    }
    position += bytesRead;
    const bytes = chunk.subarray(0, bytesRead);
    onBytes?.(bytes);
    for (const line of splitter.lines(bytes)) onLine(line);
  }
}

/** The record at a known position; undefined when there is none: the file was changed, or is another one. */
export async function readRecord(file: FileHandle, { offset, length }: LinePosition): Promise<unknown> {
  const line = Buffer.allocUnsafe(length + 1);
  const { bytesRead } = await file.read(line, 0, length + 1, offset);
  // The last line of a file may have no newline.
  if (bytesRead < length || (bytesRead > length && line[length] !== newline)) return undefined;
  return jsonOf(line.subarray(0, length));
}

/** undefined when the bytes are no JSON. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `path`, or `path.gz`; undefined when neither is there. */
export async function plainOrGzipped(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.gz`]) {
    if (await stat(candidate).catch(() => undefined)) return candidate;
  }
  return undefined;
}

/**
 * The bytes of a file, decompressed when its name ends in `.gz`.
 * @throws UserError  it is damaged, or may not be read
 */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  await requireRegular(path);
  try {
    yield* bytesOf(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !(code.startsWith("Z_") || code in readFaults)) throw error;
    throw new UserError(`this file cannot be read: ${messageOf(error)}`, path, readFaults[code] ?? damaged, {
      cause: error,
    });
  }
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  const bytes = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!path.endsWith(".gz")) return bytes;
  const plain = createGunzip();
  bytes.on("error", (error) => plain.destroy(error));
  return bytes.pipe(plain);
}

const readFaults: Readonly<Record<string, string>> = {
  EACCES: "check its permissions",
  EISDIR: "a folder stands where a file is expected",
  EIO: "the disk reports a fault: restore the file",
  ERR_STREAM_PREMATURE_CLOSE: damaged,
};

/** The records of a JSONL file, plain or gzipped, in file order. A missing file has none. */
export async function* readJsonLines(
  path: string,
): AsyncGenerator<{ readonly value: unknown; readonly where: string }> {
  const file = await plainOrGzipped(path);
  if (file === undefined) return;
  const splitter = new LineSplitter(file);
  for await (const chunk of readBytes(file)) {
    for (const line of splitter.lines(chunk)) yield recordOf(line, file);
  }
  for (const line of splitter.last()) yield recordOf(line, file);
}

const recordOf = (line: Line, file: string) => ({ value: parseLine(line, file), where: `${file}:${line.number}` });
