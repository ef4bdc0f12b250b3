import sharp from "sharp";

/** Pixels of the longer side: shown at 60, sharp on dense screens. */
const side = 160;

/** A small WebP of an image, for lists. Rejects when it cannot be decoded. @param longer  pixels of the longer side */
export async function thumbnail(bytes: Uint8Array, longer = side): Promise<Uint8Array> {
  return sharp(bytes, { failOn: "none", limitInputPixels: 100_000_000 })
    .resize(longer, longer, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}
