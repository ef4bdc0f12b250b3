import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../core/errors.js";
import { type LinePosition, LineReader } from "./line-reader.js";

/** A power cut loses at most this much; a killed process loses nothing that `append` acknowledged. */
const syncEveryMs = 100;
const readChunk = 1 << 20;

/**
 * Append-only JSON lines with group commit. One writer per file. `append` resolves when the line has been handed to the
 * operating system (it survives SIGKILL); lines reach the disk together, at most `syncEveryMs` later.
 */
export class Journal<T> {
  private waiting: { line: Buffer; resolve(at: LinePosition): void; reject(error: unknown): void }[] = [];
  private nextWrite: NodeJS.Immediate | undefined;
  private syncing: Promise<void> | undefined;
  private syncTimer: NodeJS.Timeout | undefined;
  private dirty = false;
  private failure: unknown;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private size: number,
  ) {}

  /**
   * Opens or creates the file, drops a torn last line, and hands every record to `onRecord` with its position.
   * @throws UserError when the file cannot be written, or when a line before the last is not JSON.
   */
  static async open<T>(path: string, onRecord: (record: T, at: LinePosition) => void): Promise<Journal<T>> {
    const file = await open(path, "a+").catch((error: NodeJS.ErrnoException) => {
      throw new UserError(
        `cannot write the journal: ${error.message}`,
        path,
        "check the folder's permissions, or choose another with --out",
        { cause: error },
      );
    });
    try {
      const size = await scanLines(file, path, (text, at) => onRecord(JSON.parse(text) as T, at));
      await file.truncate(size);
      return new Journal<T>(path, file, size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** A file whose lines are known: it is not read again. @param size  bytes */
  static async reopen<T>(path: string, size: number): Promise<Journal<T>> {
    return new Journal<T>(path, await open(path, "a+"), size);
  }

  append(record: T): Promise<LinePosition> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      // Answers that arrive in one turn of the event loop go into one write: a write costs more than its bytes.
      this.nextWrite ??= setImmediate(() => this.write());
    });
  }

  /** The record at a position that `onRecord` or `append` reported. */
  async read(at: LinePosition): Promise<T> {
    const line = Buffer.allocUnsafe(at.length);
    await this.file.read(line, 0, at.length, at.offset);
    return JSON.parse(line.toString("utf8")) as T;
  }

  /** For reading many lines one after the other. */
  lines(): LineReader {
    return new LineReader(this.file);
  }

  /** Resolves when everything appended so far is on the disk. */
  async sync(): Promise<void> {
    this.write();
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
    if (this.dirty) await this.commit();
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      clearTimeout(this.syncTimer);
      await this.file.close();
    }
  }

  /** At once and not by a thread of libuv: copying a few hundred bytes into the page cache is a fifth of handing them over. */
  private write(): void {
    clearImmediate(this.nextWrite);
    this.nextWrite = undefined;
    const group = this.waiting;
    if (group.length === 0) return;
    this.waiting = [];
    try {
      writeFully(this.file.fd, Buffer.concat(group.map(({ line }) => line)));
    } catch (error) {
      this.failure = this.explain(error);
      for (const { reject } of group) reject(this.failure);
      return;
    }
    for (const { line, resolve } of group) {
      resolve({ offset: this.size, length: line.length - 1 });
      this.size += line.length;
    }
    this.dirty = true;
    this.syncTimer ??= setTimeout(() => void this.commit().catch(() => {}), syncEveryMs);
  }

  private commit(): Promise<void> {
    clearTimeout(this.syncTimer);
    this.syncTimer = undefined;
    this.dirty = false;
    this.syncing = this.file.datasync().catch((error) => {
      this.failure ??= this.explain(error);
      throw this.failure;
    });
    return this.syncing;
  }

  private explain(error: unknown): unknown {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EIO") return error;
    return new UserError(
      `the journal cannot be written: ${message}`,
      this.path,
      "free some disk space and run the same command again: finished samples are kept",
      { cause: error },
    );
  }
}

/** A short write on a full disk leaves a torn last line, which the next open drops. */
function writeFully(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** Calls `onLine` for every complete line; returns the size up to the last newline. */
async function scanLines(
  file: FileHandle,
  path: string,
  onLine: (text: string, at: LinePosition) => void,
): Promise<number> {
  let carry: Buffer = Buffer.alloc(0);
  let carryOffset = 0;
  let lineNumber = 0;
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(readChunk);
    const { bytesRead } = await file.read(chunk, 0, readChunk, position);
    if (bytesRead === 0) return carryOffset;
    position += bytesRead;
    const bytes =
      carry.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([carry, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lineNumber++;
      try {
        onLine(bytes.toString("utf8", start, end), { offset: carryOffset + start, length: end - start });
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new UserError(
          `line ${lineNumber} is not JSON: ${error.message}`,
          `${path}:${lineNumber}`,
          "the file was changed or damaged: restore it, delete that line, or start over with --fresh",
          { cause: error },
        );
      }
      start = end + 1;
    }
    carry = Buffer.from(bytes.subarray(start));
    carryOffset += start;
  }
}
