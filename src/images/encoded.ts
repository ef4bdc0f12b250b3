import { hash } from "node:crypto";
import { SampleFailure } from "../core/errors.js";
import type { EncodedImage, ImageRef } from "../core/image.js";
import { sniffImage } from "./sniff.js";

/** Bytes of one encoded image, at most: larger ones are that row's failure. */
const maxEncodedBytes = 256 * 1024 * 1024;

/** First 32 hex digits of SHA-256: the key of every cache. */
function imageDigest(bytes: Uint8Array): string {
  return hash("sha256", bytes).slice(0, 32);
}

/**
 * Reads a row's image: the dataset's own bytes, with the facts of their header. Nothing is decoded, unless the task
 * draws on it: then it becomes a PNG of the pixels that the references' models see.
 * @throws SampleFailure `data` when the bytes are absent, or are no image.
 */
export async function readImage(ref: ImageRef): Promise<EncodedImage> {
  const image = encodedImage(await ref.bytes(), ref.path);
  if (ref.marks === undefined || ref.marks.length === 0) return image;
  // Only here: most runs decode nothing, and loading the decoder is 60 ms of a start.
  const { drawnOver } = await import("./drawn-over.js");
  return encodedImage(await drawnOver(image, ref.marks), ref.path);
}

/** The same for bytes in hand; `name` is for messages only. */
export function encodedImage(bytes: Uint8Array, name?: string): EncodedImage {
  const where = name === undefined ? "the image" : `image ${JSON.stringify(name.slice(0, 200))}`;
  if (bytes.byteLength > maxEncodedBytes) {
    throw new SampleFailure("data", `${where} has ${bytes.byteLength} bytes; at most ${maxEncodedBytes} are read`);
  }
  const header = sniffImage(bytes);
  if (!header) {
    throw new SampleFailure(
      "data",
      `${where} cannot be read as an image (${bytes.byteLength} bytes, beginning ${hexStart(bytes)})`,
    );
  }
  return { bytes, ...header, digest: imageDigest(bytes) };
}

function hexStart(bytes: Uint8Array): string {
  return bytes.byteLength === 0 ? "with nothing" : Buffer.from(bytes.subarray(0, 8)).toString("hex");
}
