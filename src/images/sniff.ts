/**
 * Media type and size of an encoded image from its header, without decoding: microseconds, whatever its size.
 * Formats: JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF/HEIF (size from the `ispe` box).
 */

export interface ImageHeader {
  readonly mediaType: string;
  /** Pixels, before any EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** Of a JPEG with 8-bit samples: 1 = grey, 3 = colour, 4 = CMYK. Absent for everything else. */
  readonly components?: number;
}

/** The header's facts, or undefined when these bytes are no image that we know (or the header is cut off). */
export function sniffImage(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    for (const sniff of [jpeg, png, gif, webp, bmp, tiff, heif]) {
      const header = sniff(view);
      if (header) return header.width > 0 && header.height > 0 ? header : undefined;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // A DataView read past the end: the header is cut off.
  }
  return undefined;
}

function jpeg(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let at = 2;
  for (;;) {
    // Any number of 0xff may pad a marker.
    while (view.getUint8(at) !== 0xff) at += 1;
    while (view.getUint8(at) === 0xff) at += 1;
    const marker = view.getUint8(at);
    at += 1;
    if (marker === 0xd8 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const length = view.getUint16(at);
    // SOF0..15 without DHT (c4), JPG (c8) and DAC (cc).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const size = { mediaType: "image/jpeg", height: view.getUint16(at + 3), width: view.getUint16(at + 5) };
      return view.getUint8(at + 2) === 8 ? { ...size, components: view.getUint8(at + 7) } : size;
    }
    at += length;
  }
}

function png(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return undefined;
  return { mediaType: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function gif(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 10 || ascii(view, 0, 4) !== "GIF8") return undefined;
  return { mediaType: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function webp(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 16 || ascii(view, 0, 4) !== "RIFF" || ascii(view, 8, 4) !== "WEBP") return undefined;
  const mediaType = "image/webp";
  switch (ascii(view, 12, 4)) {
    case "VP8X":
      return { mediaType, width: 1 + uint24(view, 24), height: 1 + uint24(view, 27) };
    case "VP8 ":
      return { mediaType, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { mediaType, width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    default:
      return undefined;
  }
}

function bmp(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 26 || ascii(view, 0, 2) !== "BM") return undefined;
  // BITMAPCOREHEADER (12 bytes) has 16-bit sizes; a negative height means rows from top to bottom.
  const core = view.getUint32(14, true) === 12;
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = core ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  return { mediaType: "image/bmp", width, height };
}

function tiff(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 8) return undefined;
  const magic = view.getUint32(0);
  if (magic !== 0x49492a00 && magic !== 0x4d4d002a) return undefined;
  const little = magic === 0x49492a00;
  const directory = view.getUint32(4, little);
  let width = 0;
  let height = 0;
  for (let i = 0; i < view.getUint16(directory, little); i++) {
    const entry = directory + 2 + i * 12;
    const short = view.getUint16(entry + 2, little) === 3;
    const value = short ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little);
    const tag = view.getUint16(entry, little);
    if (tag === 256) width = value;
    if (tag === 257) height = value;
  }
  return { mediaType: "image/tiff", width, height };
}

function heif(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 12 || ascii(view, 4, 4) !== "ftyp") return undefined;
  const brand = ascii(view, 8, 4);
  if (!["avif", "avis", "heic", "heix", "mif1"].includes(brand)) return undefined;
  const mediaType = brand.startsWith("avi") ? "image/avif" : "image/heif";
  // Image spatial extents: the largest is the image (a thumbnail has its own). The boxes sit in the first kilobytes.
  let width = 0;
  let height = 0;
  for (let at = 12; at + 16 <= Math.min(view.byteLength, 65_536); at++) {
    if (view.getUint32(at) !== 0x69737065) continue; // "ispe"
    if (view.getUint32(at + 8) > width) {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
    }
  }
  return { mediaType, width, height };
}

function ascii(view: DataView, at: number, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
