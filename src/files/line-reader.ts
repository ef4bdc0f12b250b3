import type { FileHandle } from "node:fs/promises";
import type { LinePosition } from "./lines.js";

const windowBytes = 1 << 20;

/**
 * Reads lines at known positions that mostly ascend, as those of a journal in row order do: a window of the file serves a
 * line and its neighbours. A line far from the last one (a sample asked again later) is read alone, and the window stays.
 */
export class LineReader {
  private window: Buffer = Buffer.alloc(0);
  private start = 0;
  private last = 0;

  constructor(private readonly file: FileHandle) {}

  /** The line without its newline, shorter where the file ends before it; good until the next call. */
  async read({ offset, length }: LinePosition): Promise<Buffer> {
    const isNear = Math.abs(offset - this.last) < windowBytes / 2 && length < windowBytes / 2;
    this.last = offset;
    if (offset < this.start || offset + length > this.start + this.window.length) {
      if (!isNear) return this.bytes(Buffer.allocUnsafe(length), offset);
      // Lines of samples that were in flight together stand in the order of their answers: some are a little behind.
      this.start = Math.max(0, offset - windowBytes / 4);
      this.window = await this.bytes(Buffer.allocUnsafe(windowBytes), this.start);
    }
    return this.window.subarray(offset - this.start, offset - this.start + length);
  }

  private async bytes(target: Buffer, at: number): Promise<Buffer> {
    const { bytesRead } = await this.file.read(target, 0, target.length, at);
    return target.subarray(0, bytesRead);
  }
}
