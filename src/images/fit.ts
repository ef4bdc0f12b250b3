import { messageOf, SampleFailure } from "../core/errors.js";
import type { EncodedImage } from "../core/image.js";
import { type SideLimits, sentSize } from "./sent-size.js";

/** What an endpoint accepts, or is to be sent. Absent = no limit. */
export interface Limits extends SideLimits {
  readonly maxBytes?: number;
  readonly mediaTypes?: readonly string[];
  /** Every image is sent as a JPEG of this quality. */
  readonly jpegQuality?: number;
}

export interface Fitted {
  readonly image: EncodedImage;
  /** What was done to it; absent when these are the dataset's own bytes. It goes into the Output's warnings. */
  readonly note?: string;
}

/**
 * An image that the endpoint accepts: the dataset's own bytes whenever they fit. Otherwise PNG if the format is the problem, of another size
 * if a side is, JPEG of falling quality if the bytes are.
 * @throws SampleFailure `data` when it cannot be decoded or made to fit
 */
export async function fitImage(image: EncodedImage, limits: Limits): Promise<Fitted> {
  const { maxBytes = Number.POSITIVE_INFINITY, mediaTypes, jpegQuality } = limits;
  const { width, height, bytes } = image;
  const asPng = mediaTypes !== undefined && !mediaTypes.includes(image.mediaType) && jpegQuality === undefined;
  const size = sentSize([width, height], limits);
  const isItsSize = size[0] === width && size[1] === height;
  if (!asPng && isItsSize && jpegQuality === undefined && bytes.byteLength <= maxBytes) return { image };
  const causes = [
    asPng ? `${image.mediaType} is not accepted` : "",
    isItsSize ? "" : wrongSize(image, limits),
    bytes.byteLength > maxBytes ? `${bytes.byteLength} bytes are more than ${maxBytes}` : "",
  ].filter((cause) => cause !== "");
  // Only here: most images fit, and loading the decoder is 60 ms of a start.
  const { reencode } = await import("./reencode.js");
  try {
    const fitted = await reencode(image, { size, maxBytes, asPng, ...(jpegQuality ? { jpegQuality } : {}) });
    // What the model's file asks of every image is no news of one.
    if (causes.length === 0) return { image: fitted };
    const made = `${fitted.mediaType} ${fitted.width}x${fitted.height}, ${fitted.bytes.byteLength} bytes`;
    return { image: fitted, note: `image re-encoded as ${made}: ${causes.join("; ")}` };
  } catch (error) {
    if (error instanceof SampleFailure) throw error;
    throw new SampleFailure("data", `the image cannot be made to fit (${causes.join("; ")}): ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function wrongSize({ width, height }: EncodedImage, { maxSide = Number.POSITIVE_INFINITY, minSide }: Limits): string {
  const isLarge = Math.max(width, height) > maxSide;
  return `${width}x${height} ${isLarge ? `is more than ${maxSide}` : `has less than ${minSide}`} a side`;
}
