/** Frames as a decoder writes them one after the other: binary PPM, which says its own size. */

import { SampleFailure } from "../core/errors.js";

export interface RawFrame {
  readonly width: number;
  readonly height: number;
  /** 8-bit RGB, row by row; the next frame is written into the same bytes, after whoever took this one is done with it. */
  readonly rgb: Uint8Array;
}

const header = /^P6\n(\d+) (\d+)\n255\n/;
const longestHeader = 32;

/** Cuts a stream of PPM files into frames; holds one at a time, all in the same memory: that of many would wait for the collector. */
export class PpmFrames {
  private head: Buffer = Buffer.alloc(0);
  private pixels: Buffer = Buffer.alloc(0);
  private frame: { width: number; height: number; rgb: Buffer; filled: number } | undefined;

  /**
   * @param onFrame  has its bytes until what it returns is settled
   * @param mostPixels  a frame with more is refused before its memory is asked for
   */
  constructor(
    private readonly onFrame: (frame: RawFrame) => Promise<void>,
    private readonly mostPixels: number,
  ) {}

  async add(piece: Buffer): Promise<void> {
    let rest = piece;
    while (rest.byteLength > 0) {
      if (this.frame === undefined) rest = this.begin(rest);
      const { frame } = this;
      if (frame === undefined) return;
      const taken = rest.copy(frame.rgb, frame.filled);
      frame.filled += taken;
      rest = rest.subarray(taken);
      if (frame.filled < frame.rgb.byteLength) return;
      this.frame = undefined;
      await this.onFrame({ width: frame.width, height: frame.height, rgb: frame.rgb });
    }
  }

  /** What follows the header, if it is whole. */
  private begin(piece: Buffer): Buffer {
    const bytes = Buffer.concat([this.head, piece]);
    const found = header.exec(bytes.subarray(0, longestHeader).toString("latin1"));
    if (found === null) {
      if (bytes.byteLength >= longestHeader) throw new SampleFailure("data", "ffmpeg wrote something that is no frame");
      this.head = bytes;
      return bytes.subarray(bytes.byteLength);
    }
    const [text, width, height] = [found[0], Number(found[1]), Number(found[2])];
    if (width * height > this.mostPixels)
      throw new SampleFailure("data", `a frame of ${width} x ${height} pixels; at most ${this.mostPixels} are decoded`);
    this.head = Buffer.alloc(0);
    const size = width * height * 3;
    if (this.pixels.byteLength !== size) this.pixels = Buffer.allocUnsafeSlow(size);
    this.frame = { width, height, rgb: this.pixels, filled: 0 };
    return bytes.subarray(text.length);
  }
}
