import sharp from "sharp";
import type { EncodedImage } from "../core/image.js";
import { decodeImage } from "./decode.js";
import { encodedImage } from "./encoded.js";

/** From Pillow's pixels, so that a format which sharp reads otherwise (CMYK) or not at all (BMP) is the same image. */
export async function reencode(
  image: EncodedImage,
  maxBytes: number,
  maxSide: number,
  asPng: boolean,
): Promise<EncodedImage> {
  const { width, height, rgb } = await decodeImage(image);
  const scaled = (side: number) => {
    const source = sharp(rgb, { raw: { width, height, channels: 3 } });
    if (side >= Math.max(width, height)) return source;
    return source.resize({ width: side, height: side, fit: "inside", kernel: "lanczos3" });
  };
  if (asPng || image.mediaType === "image/png") {
    const bytes = await scaled(maxSide).png().toBuffer();
    if (bytes.byteLength <= maxBytes) return encodedImage(bytes);
  }
  let side = Math.min(maxSide, Math.max(width, height));
  for (let round = 0; round < 8; round++, side = Math.floor(side * 0.75)) {
    for (const quality of [95, 85, 75]) {
      const bytes = await scaled(side).jpeg({ quality }).toBuffer();
      if (bytes.byteLength <= maxBytes) return encodedImage(bytes);
    }
  }
  throw new Error(`still more than ${maxBytes} bytes at ${side} pixels a side`);
}
