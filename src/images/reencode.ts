import sharp from "sharp";
import type { EncodedImage } from "../core/image.js";
import { decodeImage } from "./decode.js";
import { encodedImage } from "./encoded.js";
import type { Size } from "./sent-size.js";

export interface Wanted {
  readonly size: Size;
  readonly maxBytes: number;
  /** A PNG, whatever it was. */
  readonly asPng: boolean;
  /** A JPEG of this quality with halved chroma, as Pillow writes it. */
  readonly jpegQuality?: number;
}

/** From Pillow's pixels, so that a format which sharp reads otherwise (CMYK) or not at all (BMP) is the same image. */
export async function reencode(image: EncodedImage, wanted: Wanted): Promise<EncodedImage> {
  const { width, height, rgb } = await decodeImage(image);
  const { size, maxBytes, jpegQuality } = wanted;
  const source = () => sharp(rgb, { raw: { width, height, channels: 3 } });
  const sized = () => {
    if (size[0] === width && size[1] === height) return source();
    // Pillow enlarges by a cubic; what is made smaller keeps the sharper kernel.
    const kernel = size[0] > width ? "cubic" : "lanczos3";
    return source().resize({ width: size[0], height: size[1], fit: "fill", kernel });
  };
  if (jpegQuality !== undefined) {
    const bytes = await sized().jpeg({ quality: jpegQuality, chromaSubsampling: "4:2:0" }).toBuffer();
    if (bytes.byteLength <= maxBytes) return encodedImage(bytes);
  } else if (wanted.asPng || image.mediaType === "image/png") {
    const bytes = await sized().png().toBuffer();
    if (bytes.byteLength <= maxBytes) return encodedImage(bytes);
  }
  let side = Math.max(...size);
  for (let round = 0; round < 8; round++, side = Math.floor(side * 0.75)) {
    const smaller = () =>
      round === 0 ? sized() : source().resize({ width: side, height: side, fit: "inside", kernel: "lanczos3" });
    for (const quality of [95, 85, 75]) {
      const bytes = await smaller().jpeg({ quality }).toBuffer();
      if (bytes.byteLength <= maxBytes) return encodedImage(bytes);
    }
  }
  throw new Error(`still more than ${maxBytes} bytes at ${side} pixels a side`);
}
