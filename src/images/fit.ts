import { messageOf, SampleFailure } from "../core/errors.js";
import type { EncodedImage } from "../core/image.js";

/** What an endpoint accepts. Absent = no limit. */
export interface Limits {
  readonly maxBytes?: number;
  /** Pixels of the longer side. */
  readonly maxSide?: number;
  readonly mediaTypes?: readonly string[];
}

export interface Fitted {
  readonly image: EncodedImage;
  /** What was done to it; absent when these are the dataset's own bytes. It goes into the Output's warnings. */
  readonly note?: string;
}

/**
 * An image that the endpoint accepts: the dataset's own bytes whenever they fit. Otherwise PNG if the format is the
 * problem, smaller if the side is, JPEG of falling quality if the bytes are.
 * @throws SampleFailure `data` when it cannot be decoded or made to fit
 */
export async function fitImage(image: EncodedImage, limits: Limits): Promise<Fitted> {
  const { maxBytes = Number.POSITIVE_INFINITY, maxSide = Number.POSITIVE_INFINITY, mediaTypes } = limits;
  const wrongType = mediaTypes !== undefined && !mediaTypes.includes(image.mediaType);
  const side = Math.max(image.width, image.height);
  if (!wrongType && side <= maxSide && image.bytes.byteLength <= maxBytes) return { image };
  const causes = [
    wrongType ? `${image.mediaType} is not accepted` : "",
    side > maxSide ? `${image.width}x${image.height} is more than ${maxSide} a side` : "",
    image.bytes.byteLength > maxBytes ? `${image.bytes.byteLength} bytes are more than ${maxBytes}` : "",
  ].filter((cause) => cause !== "");
  // Only here: most images fit, and loading the decoder is 60 ms of a start.
  const { reencode } = await import("./reencode.js");
  try {
    const fitted = await reencode(image, maxBytes, maxSide, wrongType);
    const made = `${fitted.mediaType} ${fitted.width}x${fitted.height}, ${fitted.bytes.byteLength} bytes`;
    return { image: fitted, note: `image re-encoded as ${made}: ${causes.join("; ")}` };
  } catch (error) {
    if (error instanceof SampleFailure) throw error;
    throw new SampleFailure("data", `the image cannot be made to fit (${causes.join("; ")}): ${messageOf(error)}`, {
      cause: error,
    });
  }
}
