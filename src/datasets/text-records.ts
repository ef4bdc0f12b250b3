import { createReadStream } from "node:fs";
import { UserError } from "../core/errors.js";

/** One line of JSONL or one record of TSV: larger ones end the reading, nobody could hold them. */
const maxRecordBytes = 256 * 1024 * 1024;

export interface TextRecord {
  readonly bytes: Buffer;
  /** Byte offset of the record in the file. */
  readonly at: number;
  /** 1-based line on which it begins. */
  readonly line: number;
}

const newline = 0x0a;
const quote = 0x22;

/**
 * Splits a file into records at line ends, streaming.
 * @param quoted  a line end inside double quotes does not end a record (TSV as pandas writes it)
 */
export async function* textRecords(path: string, quoted: boolean, signal: AbortSignal): AsyncIterable<TextRecord> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let at = 0;
  let line = 1;
  let linesInside = 0;
  let inQuotes = false;
  for await (const chunk of fileChunks(path, signal)) {
    let start = 0;
    let scan = 0;
    for (;;) {
      let end = chunk.indexOf(newline, scan);
      if (end < 0) end = chunk.length;
      if (quoted && countQuotes(chunk, scan, end) % 2 === 1) inQuotes = !inQuotes;
      if (end === chunk.length) break;
      scan = end + 1;
      if (inQuotes) {
        linesInside += 1;
        continue;
      }
      const tail = chunk.subarray(start, end);
      const bytes = pending.length === 0 ? tail : Buffer.concat([...pending, tail]);
      const length = bytes.length + 1;
      yield { bytes: withoutReturn(bytes), at, line };
      at += length;
      line += 1 + linesInside;
      linesInside = 0;
      pending = [];
      pendingBytes = 0;
      start = scan;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxRecordBytes) {
      throw new UserError(
        `a record is longer than ${maxRecordBytes} bytes`,
        `${path}:${line}`,
        "check the file: a quote may not be closed",
      );
    }
  }
  const rest = withoutReturn(Buffer.concat(pending));
  if (rest.length > 0) yield { bytes: rest, at, line };
}

export async function* fileChunks(
  path: string,
  signal: AbortSignal,
  range: { start?: number; end?: number } = {},
): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 1024 * 1024, signal, ...range }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new UserError(
      `${path} cannot be read: ${(error as Error).message}`,
      "--data",
      "check the file and its permissions",
    );
  }
}

function countQuotes(chunk: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = chunk.indexOf(quote, from); at >= 0 && at < to; at = chunk.indexOf(quote, at + 1)) count += 1;
  return count;
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}
