import { SampleFailure } from "../core/errors.js";
import type { ImageRef, Mask } from "../core/image.js";
import { readImage } from "./encoded.js";

/**
 * A mask with the values of its file: nothing is converted, so that a JPEG's values between black and white stay what they are.
 * @throws SampleFailure `data`  it is absent, or not whole: a score over half a mask is none
 */
export async function readMask(ref: ImageRef): Promise<Mask> {
  const image = await readImage(ref);
  // Only here: most tasks have no masks, and loading the decoder is 60 ms of a start.
  const { decodeImage } = await import("./decode.js");
  const { width, height, rgb, warnings } = await decodeImage(image);
  if (warnings.length > 0) throw new SampleFailure("data", `the mask is broken: ${warnings.join("; ")}`);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i += 1) values[i] = rgb[3 * i] as number;
  return { width, height, values, digest: image.digest };
}
