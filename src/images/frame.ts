import sharp from "sharp";
import type { EncodedImage } from "../core/image.js";
import { encodedImage } from "./encoded.js";

/** `png` loses nothing; `jpeg` is what Pillow writes where nobody says more: quality 75, chroma halved. */
export type FrameEncoding = "png" | "jpeg";

// Many frames one after the other, and decoders beside them: neither threads nor a cache of its own.
sharp.concurrency(1);
sharp.cache(false);

/** A frame as a request carries it. */
export async function encodeFrame(
  { rgb, width, height }: { readonly rgb: Uint8Array; readonly width: number; readonly height: number },
  encoding: FrameEncoding,
): Promise<EncodedImage> {
  const pixels = sharp(rgb, { raw: { width, height, channels: 3 } });
  const encoded =
    encoding === "png"
      ? pixels.png({ compressionLevel: 6, adaptiveFiltering: true })
      : pixels.jpeg({ quality: 75, chromaSubsampling: "4:2:0" });
  return encodedImage(new Uint8Array(await encoded.toBuffer()));
}
