import { type FileHandle, open } from "node:fs/promises";
import {
  jsonOf,
  type Line,
  type LinePosition,
  LineSplitter,
  plainOrGzipped,
  readBytes,
  readRecord,
  scanLines,
} from "./lines.js";
import { requireRegular } from "./regular-file.js";

/**
 * A JSONL file for reading at positions: `path`, or `path.gz`, whose content is kept in memory (it has no positions on the disk;
 * only baselines are packed, and they are small).
 */
export class LineSource implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly content: FileHandle | Buffer,
  ) {}

  /** undefined when there is no such file. */
  static async open(path: string): Promise<LineSource | undefined> {
    const found = await plainOrGzipped(path);
    if (found === undefined) return undefined;
    await requireRegular(found);
    if (!found.endsWith(".gz")) return new LineSource(found, await open(found, "r"));
    const chunks: Buffer[] = [];
    for await (const chunk of readBytes(found)) chunks.push(chunk);
    return new LineSource(found, Buffer.concat(chunks));
  }

  get isPacked(): boolean {
    return Buffer.isBuffer(this.content);
  }

  /** What tells this file from one that took its name, and its size in bytes. */
  async facts(): Promise<{ readonly inode: number; readonly size: number }> {
    if (Buffer.isBuffer(this.content)) return { inode: 0, size: this.content.length };
    const { ino, size } = await this.content.stat();
    return { inode: ino, size };
  }

  /** Every line from byte `start` on. @returns the size up to the end of the last one */
  async scan(
    onLine: (line: Line) => void,
    options: { readonly start?: number; onBytes?(chunk: Buffer): void } = {},
  ): Promise<number> {
    if (!Buffer.isBuffer(this.content)) return scanLines(this.content, this.path, onLine, options);
    const { start = 0, onBytes } = options;
    const splitter = new LineSplitter(this.path, start);
    const bytes = this.content.subarray(start);
    onBytes?.(bytes);
    for (const line of splitter.lines(bytes)) onLine(line);
    for (const line of splitter.last()) onLine(line);
    return splitter.end;
  }

  /** The record at a position that `scan` reported; undefined when the file has something else there now. */
  async read(at: LinePosition): Promise<unknown> {
    if (!Buffer.isBuffer(this.content)) return readRecord(this.content, at);
    return jsonOf(this.content.subarray(at.offset, at.offset + at.length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!Buffer.isBuffer(this.content)) await this.content.close();
  }
}
