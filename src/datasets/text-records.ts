import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { UserError } from "../core/errors.js";

/** One line of JSONL or one record of TSV: larger ones end the reading, nobody could hold them. */
const maxRecordBytes = 256 * 1024 * 1024;

/** Where a record begins. */
export interface RecordPlace {
  /** Byte offset in the file. */
  readonly at: number;
  /** 1-based. */
  readonly line: number;
}

export interface TextRecord extends RecordPlace {
  readonly bytes: Buffer;
}

/** @throws Error  it is in another encoding: read as UTF-8 its words would be others, and asked and scored as such */
export function utf8Of(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error("it is not in UTF-8");
  return bytes.toString("utf8");
}

const newline = 0x0a;
const quote = 0x22;
const tab = 0x09;

/** UTF-8's byte-order mark: Excel and pandas' `utf-8-sig` write it; it is no part of the first record. */
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

const start: RecordPlace = { at: 0, line: 1 };

/**
 * Splits a file into records at line ends, streaming.
 * @param quoted  a line end inside a quoted cell does not end a record (TSV as pandas writes it)
 * @param from  of a record that was seen before
 */
export async function* textRecords(
  path: string,
  quoted: boolean,
  signal: AbortSignal,
  from = start,
): AsyncIterable<TextRecord> {
  const lines = quoted ? new QuotedLines() : new PlainLines();
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let { at, line } = from;
  const record = (bytes: Buffer): TextRecord => {
    const marked = at === 0 && bytes.subarray(0, 3).equals(byteOrderMark);
    return { bytes: withoutReturn(marked ? bytes.subarray(3) : bytes), at: marked ? 3 : at, line };
  };
  for await (const chunk of fileChunks(path, from.at, signal)) {
    let begin = 0;
    for (let end = lines.endIn(chunk, 0); end >= 0; end = lines.endIn(chunk, begin)) {
      const tail = chunk.subarray(begin, end);
      const bytes = pending.length === 0 ? tail : Buffer.concat([...pending, tail]);
      yield record(bytes);
      at += bytes.length + 1;
      line += 1 + lines.inside;
      pending = [];
      pendingBytes = 0;
      begin = end + 1;
    }
    pending.push(chunk.subarray(begin));
    pendingBytes += chunk.length - begin;
    if (pendingBytes > maxRecordBytes) {
      throw new UserError(
        `a record is longer than ${maxRecordBytes} bytes`,
        `${path}:${line}`,
        "check the file: a quote may not be closed",
      );
    }
  }
  const rest = record(Buffer.concat(pending));
  if (rest.bytes.length > 0) yield rest;
}

/** Finds where records end, chunk after chunk; `inside` is how many line ends the record found last had in its cells. */
interface Lines {
  readonly inside: number;
  /** Position of the next end at or behind `from`, or -1: then the chunk is used up. */
  endIn(chunk: Buffer, from: number): number;
}

class PlainLines implements Lines {
  readonly inside = 0;
  endIn = (chunk: Buffer, from: number) => chunk.indexOf(newline, from);
}

/**
 * A quote has a meaning only where a cell begins (pandas' rule, as RFC 4180's): `5" pipe` is plain text. Inside such a cell a
 * doubled quote is one, and what follows the closing quote is plain again.
 */
class QuotedLines implements Lines {
  inside = 0;
  private counted = 0;
  private state: "start" | "plain" | "quoted" | "after quote" = "start";

  endIn(chunk: Buffer, from: number): number {
    let at = from;
    let nextTab = -1;
    while (at < chunk.length) {
      if (this.state === "start" || this.state === "after quote") {
        const opens = chunk[at] === quote;
        // A mark of the byte order may stand before the first cell; its three bytes are plain.
        if (opens) at++;
        this.state = opens ? "quoted" : "plain";
      } else if (this.state === "quoted") {
        const end = chunk.indexOf(quote, at);
        this.counted += linesIn(chunk, at, end < 0 ? chunk.length : end);
        at = end < 0 ? chunk.length : end + 1;
        if (end >= 0) this.state = "after quote";
      } else {
        const end = chunk.indexOf(newline, at);
        if (nextTab < at) nextTab = chunk.indexOf(tab, at);
        if (nextTab >= 0 && (end < 0 || nextTab < end)) {
          at = nextTab + 1;
          this.state = "start";
        } else {
          if (end < 0) return -1;
          this.state = "start";
          this.inside = this.counted;
          this.counted = 0;
          return end;
        }
      }
    }
    return -1;
  }
}

function linesIn(chunk: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = chunk.indexOf(newline, from); at >= 0 && at < to; at = chunk.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** Of whoever goes to a place in the file a few records are wanted, mostly. */
const chunkFrom = (at: number) => (at === 0 ? 1024 * 1024 : 64 * 1024);

async function* fileChunks(path: string, start: number, signal: AbortSignal): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(path, { start, highWaterMark: chunkFrom(start), signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new UserError(
      `${path} cannot be read: ${(error as Error).message}`,
      "--data",
      "check the file and its permissions",
    );
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}
