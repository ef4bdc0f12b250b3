import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { compressors, decompressZstd } from "hyparquet-compressors";
import { snappyDecompress } from "./snappy.js";

/** Larger pages are refused: one of pictures is about 1 MB, a whole column chunk in one page up to a few hundred. */
const maxPageBytes = 512 * 1024 * 1024;

/** A page's content. It may not grow beyond what its header claims, and the claim itself is bounded: bombs end here. */
export function decompress(input: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  if (!(size >= 0 && size <= maxPageBytes)) {
    throw new Error(`a page claims ${size} bytes decompressed; at most ${maxPageBytes} are read`);
  }
  const page = decompressUnchecked(input, size, codec);
  if (page.byteLength !== size) throw new Error(`a page has ${page.byteLength} bytes where its header says ${size}`);
  return page;
}

function decompressUnchecked(input: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  switch (codec) {
    case "UNCOMPRESSED":
      return input;
    case "SNAPPY":
      return snappyDecompress(input, size);
    case "GZIP":
      return gunzipSync(input, { maxOutputLength: Math.max(1, size) });
    case "BROTLI":
      return brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) });
    case "ZSTD": {
      const claimed = zstdContentSize(input);
      if (claimed !== undefined && claimed !== size) {
        throw new Error(`a zstd page claims ${claimed} bytes where its header says ${size}`);
      }
      return decompressZstd(input, zstdOutput(size));
    }
    default: {
      const known = compressors[codec];
      if (!known) throw new Error(`pages compressed with ${codec} cannot be read`);
      return known(input, size);
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
