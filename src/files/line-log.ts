import { createReadStream, writeSync } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { UserError } from "../core/errors.js";
import { diskError } from "./disk-error.js";
import { LineReader } from "./line-reader.js";
import { type Line, type LinePosition, parseLine, readRecord, scanLines } from "./lines.js";
import { refuseSpecial } from "./regular-file.js";

const newline = 10;

/** A power cut loses at most this much; a killed process loses nothing that `append` acknowledged. */
const syncEveryMs = 100;

/**
 * Append-only JSON lines with group commit. One writer per file. `append` resolves when the line has been handed to the
 * operating system (it survives SIGKILL); lines reach the disk together, at most `syncEveryMs` later.
 */
export class LineLog {
  private waiting: { line: Buffer; resolve(at: LinePosition): void; reject(error: unknown): void }[] = [];
  private nextWrite: NodeJS.Immediate | undefined;
  private syncing: Promise<void> | undefined;
  private syncTimer: NodeJS.Timeout | undefined;
  private dirty = false;
  private failure: unknown;

  private constructor(
    readonly path: string,
    private readonly what: string,
    private readonly file: FileHandle,
    private size: number,
  ) {}

  /**
   * Opens or creates the file, drops a torn last line, and hands every record to `onRecord` with its position.
   * @param what  for messages: `the journal`
   * @throws UserError when the file cannot be written, or when a line before the last is not JSON; what `onRecord` throws
   */
  static async open(
    path: string,
    what: string,
    onRecord: (record: unknown, at: LinePosition, where: string) => void = () => {},
  ): Promise<LineLog> {
    const file = await opened(path, what);
    try {
      const size = await scanLines(file, path, (line: Line) =>
        onRecord(parseLine(line, path), line.at, `${path}:${line.number}`),
      );
      await file.truncate(size);
      return new LineLog(path, what, file, size + (await endLine(file, size)));
    } catch (error) {
      await file.close();
      throw diskError(error, what, path);
    }
  }

  /** A file whose lines are known: it is not read again. @param size  bytes */
  static async reopen(path: string, what: string, size: number): Promise<LineLog> {
    return new LineLog(path, what, await opened(path, what), size);
  }

  append(record: object): Promise<LinePosition> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      // Answers that arrive in one turn of the event loop go into one write: a write costs more than its bytes.
      this.nextWrite ??= setImmediate(() => this.write());
    });
  }

  /** The record at a position that `onRecord` or `append` reported; undefined when the file has something else there now. */
  async read(at: LinePosition): Promise<unknown> {
    return readRecord(this.file, at);
  }

  /** 1-based; counted anew, since only messages ask for it. */
  async lineNumber({ offset }: LinePosition): Promise<number> {
    let number = 1;
    if (offset === 0) return number;
    for await (const chunk of createReadStream(this.path, { end: offset - 1 }) as AsyncIterable<Buffer>)
      for (const byte of chunk) if (byte === newline) number++;
    return number;
  }

  /** For reading many lines one after the other. */
  lines(): LineReader {
    return new LineReader(this.file);
  }

  /** Resolves when everything appended so far is on the disk, and the file is still what this process made of it. */
  async sync(): Promise<void> {
    this.write();
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
    await this.commit();
  }

  async close(): Promise<void> {
    try {
      if (this.dirty || this.waiting.length > 0) await this.sync();
      else await this.syncing;
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
      this.failure = diskError(error, this.what, this.path);
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
    this.syncing = this.file
      .datasync()
      .then(() => this.requireUntouched())
      .catch((error) => {
        this.failure ??= diskError(error, this.what, this.path);
        throw this.failure;
      });
    return this.syncing;
  }

  /** Nobody else may write the file while we do: our positions would be wrong, and answers would land in a deleted file. */
  private async requireUntouched(): Promise<void> {
    const expected = this.size;
    const [own, there] = await Promise.all([this.file.stat(), stat(this.path)]);
    if (own.ino !== there.ino || own.dev !== there.dev) {
      throw new UserError(`${this.what} was replaced while it was written`, this.path, changed);
    }
    // Lines that were written since are no difference: `size` has grown with the file.
    if (own.size < expected || own.size > this.size) {
      throw new UserError(
        `another program changed ${this.what} while it was written: it has ${own.size} bytes, ${this.size} were written`,
        this.path,
        changed,
      );
    }
  }
}

const changed =
  "leave the folder to the run (no sync tool, no editor) and run the same command again: it says what is there";

/** Never by a link: a run that came from elsewhere must not have what it points to written, or cut, in its place. */
async function opened(path: string, what: string): Promise<FileHandle> {
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink())
      throw new UserError(
        `a link stands in the place of ${what}: what is written would land in another file`,
        path,
        "put the file itself there",
      );
    if (found) refuseSpecial(found, path);
    return await open(path, "a+");
  } catch (error) {
    throw diskError(error, what, path);
  }
}

/** Gives the last line of a file its newline where it has none. @returns how many bytes that took */
async function endLine(file: FileHandle, size: number): Promise<number> {
  const last = Buffer.alloc(1);
  if (size === 0 || (await file.read(last, 0, 1, size - 1)).bytesRead === 0 || last[0] === newline) return 0;
  last[0] = newline;
  writeFully(file.fd, last);
  return 1;
}

/** A short write on a full disk leaves a torn last line, which the next open drops. */
function writeFully(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
