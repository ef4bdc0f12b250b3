import sharp from "sharp";

/** A PNG file of 8-bit RGB pixels (width * height * 3 bytes), for images that we draw ourselves. */
export async function encodePng(rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9, adaptiveFiltering: false })
    .toBuffer();
  return new Uint8Array(bytes);
}
