/**
 * Pixels as Pillow's `open(file).convert("RGB")` gives them, byte for byte: what the reference models were fed. The only file that decodes.
 * Alpha is dropped, not composited; EXIF orientation and colour profiles are not applied; of an animation the first frame is taken.
 */
import sharp, { type OutputInfo, type Sharp } from "sharp";
import { messageOf, SampleFailure } from "../core/errors.js";
import type { EncodedImage } from "../core/image.js";
import { decodeBmp } from "./bmp.js";

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 8-bit RGB, row by row: `width * height * 3` bytes. */
  readonly rgb: Uint8Array;
  /** What the caller must pass on: a file that ends early. */
  readonly warnings: readonly string[];
}

/** Pillow refuses more as a "decompression bomb" (2 x 1024^3 / 4 / 3). */
const maxPixels = 178_956_970;

// Many images at a time, one thread each; the callers have caches of their own.
sharp.concurrency(1);
sharp.cache(false);

/** @throws SampleFailure `data`  these bytes are no image, are broken, or have too many pixels */
export async function decodeImage(image: EncodedImage): Promise<DecodedImage> {
  const { width, height } = image;
  if (width * height > maxPixels) {
    throw new SampleFailure("data", `the image has ${width} x ${height} pixels; at most ${maxPixels} are decoded`);
  }
  if (image.mediaType === "image/bmp") return { ...decodeBmp(image.bytes), warnings: [] };
  try {
    return { ...(await decodeWith(image, "error")), warnings: [] };
  } catch (strict) {
    // Pillow raises as well unless told not to; the reference harness tells it, and evaluates what is there.
    const decoded = await decodeWith(image, "none").catch(() => undefined);
    if (decoded === undefined || isBlank(decoded.rgb)) {
      throw new SampleFailure("data", `the image cannot be decoded: ${firstLine(strict)}`, { cause: strict });
    }
    return {
      ...decoded,
      warnings: [`image ${image.digest.slice(0, 8)}: ${firstLine(strict)}; decoded as far as it goes`],
    };
  }
}

/** One colour everywhere: a lenient decoder fills in what it could not read. */
const isBlank = (rgb: Uint8Array): boolean => rgb.every((value, i) => value === rgb[i % 3]);

type Pixels = Omit<DecodedImage, "warnings">;

async function decodeWith({ bytes, components }: EncodedImage, failOn: "error" | "none"): Promise<Pixels> {
  const options = { failOn, limitInputPixels: maxPixels, ignoreIcc: true, animated: false } as const;
  // Most images are JPEGs whose header says all there is to know; to ask sharp costs a tenth of the decoding.
  const plain = components === 1 || components === 3;
  const { space, depth } = plain ? {} : await sharp(bytes, options).metadata();
  if (space === "cmyk")
    return fromCmyk(await raw(sharp(bytes, options).pipelineColourspace("cmyk").toColourspace("cmyk")));
  if (space === "grey16" || (space === "b-w" && depth === "ushort")) {
    const pixels = sharp(bytes, options).removeAlpha().toColourspace("grey16").raw({ depth: "ushort" });
    return fromGrey16(await pixels.toBuffer({ resolveWithObject: true }));
  }
  return fromSrgb(await raw(sharp(bytes, options).removeAlpha().toColourspace("srgb")));
}

interface Raw {
  readonly data: Buffer;
  readonly info: OutputInfo;
}

const raw = (pipeline: Sharp): Promise<Raw> => pipeline.raw().toBuffer({ resolveWithObject: true });

function fromSrgb({ data, info: { width, height, channels } }: Raw): Pixels {
  if (channels === 3) return { width, height, rgb: data };
  if (channels !== 1) throw new Error(`${channels} channels after the conversion to RGB`);
  return { width, height, rgb: repeated(data) };
}

/** A 16-bit grey value above 255 is clipped, not scaled: Pillow 9 does so. */
function fromGrey16({ data, info: { width, height } }: Raw): Pixels {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i += 1) grey[i] = Math.min(255, data.readUInt16LE(2 * i));
  return { width, height, rgb: repeated(grey) };
}

/** Pillow's formula: C, M, Y are lightness scaled by what black leaves. */
function fromCmyk({ data, info: { width, height, channels } }: Raw): Pixels {
  if (channels !== 4) throw new Error(`a CMYK image with ${channels} channels`);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; i < data.length; i += 4, o += 3) {
    const light = 255 - (data[i + 3] ?? 0);
    for (let c = 0; c < 3; c += 1) {
      const product = (data[i + c] ?? 0) * light + 128;
      rgb[o + c] = Math.max(0, Math.min(255, light - ((product + (product >> 8)) >> 8)));
    }
  }
  return { width, height, rgb };
}

function repeated(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0, o = 0; i < grey.length; i += 1, o += 3) rgb.fill(grey[i] ?? 0, o, o + 3);
  return rgb;
}

const firstLine = (error: unknown): string => messageOf(error).split("\n")[0] ?? "";
