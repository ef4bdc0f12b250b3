import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { snappyDecompress } from "./snappy.js";

/** Larger pages are refused: one of images is about 1 MB, a whole column chunk in one page up to a few hundred. */
const maxPageBytes = 512 * 1024 * 1024;

/** @param size  bytes of the content, as the page's header claims */
export type Decompress = (input: Uint8Array, size: number) => Uint8Array;

/** Makes pages' contents. One may not grow beyond what its header claims, and the claim itself is bounded: bombs end here. */
export async function decompressor(codec: CompressionCodec): Promise<Decompress> {
  const unchecked = await uncheckedDecompressor(codec);
  return (input, size) => {
    if (!(size >= 0 && size <= maxPageBytes)) {
      throw new Error(`a page claims ${size} bytes decompressed; at most ${maxPageBytes} are read`);
    }
    const page = unchecked(input, size);
    if (page.byteLength !== size) throw new Error(`a page has ${page.byteLength} bytes where its header says ${size}`);
    return page;
  };
}

/** The library is loaded for the codecs that need it: most files are snappy, and it takes as long to load as they do to open. */
async function uncheckedDecompressor(codec: CompressionCodec): Promise<Decompress> {
  switch (codec) {
    case "UNCOMPRESSED":
      return (input) => input;
    case "SNAPPY":
      return snappyDecompress;
    case "GZIP":
      return (input, size) => gunzipSync(input, { maxOutputLength: Math.max(1, size) });
    case "BROTLI":
      return (input, size) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) });
    case "ZSTD": {
      const { decompressZstd } = await import("hyparquet-compressors");
      return (input, size) => {
        const claimed = zstdContentSize(input);
        if (claimed !== undefined && claimed !== size) {
          throw new Error(`a zstd page claims ${claimed} bytes where its header says ${size}`);
        }
        return decompressZstd(input, zstdOutput(size));
      };
    }
    default: {
      const known = (await import("hyparquet-compressors")).compressors[codec];
      if (!known) throw new Error(`pages compressed with ${codec} cannot be read`);
      return known;
    }
  }
}

/**
 * Memory for a zstd page. fzstd 0.1.1 compares its output buffer with the number 1 (`w == 1`), which turns all its bytes into
 * one string first: 40 ms per megabyte. This property answers the comparison at once.
 */
function zstdOutput(size: number): Uint8Array {
  return Object.defineProperty(new Uint8Array(size), Symbol.toPrimitive, { value: () => 0 });
}

/** Frame_Content_Size of a Zstandard frame (RFC 8878, 3.1.1.1), undefined when the frame does not say. */
function zstdContentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  switch (descriptor >> 6) {
    case 0:
      return single ? view.getUint8(at) : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
