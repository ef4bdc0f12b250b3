/** Windows bitmaps, which libvips as shipped with sharp does not read: uncompressed ones of 1 to 32 bits, with bit masks too. */
import { SampleFailure } from "../core/errors.js";

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly pixelsAt: number;
  /** RGB triples; empty for 16 bits and more. */
  readonly palette: Uint8Array;
  readonly masks: readonly [red: number, green: number, blue: number];
}

const uncompressed = 0;
const bitfields = 3;

/** @throws SampleFailure `data`  truncated, compressed or malformed */
export function decodeBmp(bytes: Uint8Array): Bitmap {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return pixels(view, header(view));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SampleFailure("data", "the BMP file ends early", { cause: error });
  }
}

function header(view: DataView): Header {
  const size = view.getUint32(14, true);
  const core = size === 12;
  if (!core && size < 40) throw unreadable(`a header of ${size} bytes`);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? uncompressed : view.getUint32(30, true);
  if (width <= 0 || signedHeight === 0) throw unreadable(`a size of ${width} x ${signedHeight}`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw unreadable(`${bits} bits per pixel`);
  const masked = compression === bitfields && (bits === 16 || bits === 32);
  if (compression !== uncompressed && !masked) throw unreadable(`compression ${compression}`);

  const pixelsAt = view.getUint32(10, true);
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    pixelsAt,
    palette: bits <= 8 ? palette(view, { at: 14 + size, end: pixelsAt }, core ? 3 : 4, bits) : new Uint8Array(),
    masks: masked
      ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
      : bits === 16
        ? [0x7c00, 0x03e0, 0x001f]
        : [0xff0000, 0x00ff00, 0x0000ff],
  };
}

function palette(
  view: DataView,
  { at, end }: { readonly at: number; readonly end: number },
  entryBytes: 3 | 4,
  bits: number,
): Uint8Array {
  const entries = Math.min(2 ** bits, Math.floor((end - at) / entryBytes));
  const rgb = new Uint8Array(3 * 2 ** bits);
  for (let i = 0; i < entries; i += 1) {
    for (let c = 0; c < 3; c += 1) rgb[3 * i + c] = view.getUint8(at + i * entryBytes + 2 - c);
  }
  return rgb;
}

function pixels(view: DataView, { width, height, topDown, bits, pixelsAt, palette: colours, masks }: Header): Bitmap {
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (pixelsAt + rowBytes * height > view.byteLength + 3) throw new RangeError("rows beyond the end");
  const rgb = new Uint8Array(width * height * 3);
  const channels = masks.map(channel);
  for (let row = 0; row < height; row += 1) {
    const from = pixelsAt + (topDown ? row : height - 1 - row) * rowBytes;
    for (let x = 0; x < width; x += 1) {
      const to = (row * width + x) * 3;
      if (bits <= 8) {
        const perByte = 8 / bits;
        const packed = view.getUint8(from + Math.floor(x / perByte));
        const index = (packed >> (8 - bits * (1 + (x % perByte)))) & (2 ** bits - 1);
        rgb.set(colours.subarray(3 * index, 3 * index + 3), to);
      } else if (bits === 24) {
        for (let c = 0; c < 3; c += 1) rgb[to + c] = view.getUint8(from + 3 * x + 2 - c);
      } else {
        const value = bits === 16 ? view.getUint16(from + 2 * x, true) : view.getUint32(from + 4 * x, true);
        for (let c = 0; c < 3; c += 1) rgb[to + c] = channels[c]?.(value) ?? 0;
      }
    }
  }
  return { width, height, rgb };
}

/** The 8-bit value of one mask's bits: its largest value means 255. */
function channel(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.floor((((value & mask) >>> shift) * 255) / most);
}

const unreadable = (what: string): SampleFailure => new SampleFailure("data", `a BMP file with ${what} is not read`);
