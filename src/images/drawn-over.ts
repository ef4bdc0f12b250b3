import type { EncodedImage, Mark } from "../core/image.js";
import { decodeImage } from "./decode.js";
import { drawMarks } from "./marks.js";
import { encodePng } from "./png.js";

/** A PNG of the pixels that the references' models see, with the marks drawn on them. */
export async function drawnOver(image: EncodedImage, marks: readonly Mark[]): Promise<Uint8Array> {
  const pixels = await decodeImage(image);
  drawMarks(pixels, marks);
  return encodePng(pixels.rgb, pixels.width, pixels.height);
}
