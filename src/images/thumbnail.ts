import sharp from "sharp";

/** Pixels of the longer side: shown at 60, sharp on dense screens. */
const side = 160;

/** A small WebP of an image, for lists. Rejects when it cannot be decoded. */
export async function thumbnail(bytes: Uint8Array): Promise<Uint8Array> {
  return sharp(bytes, { failOn: "none", limitInputPixels: 100_000_000 })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}
