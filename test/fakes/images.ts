/** Images for tests, made when needed: a seeded gradient with a coloured block, so that no two are equal. */
import sharp from "sharp";

export interface ImageOptions {
  readonly seed?: number;
  readonly width?: number;
  readonly height?: number;
  readonly format?: "jpeg" | "png" | "webp";
  readonly quality?: number;
}

export async function drawnImage({
  seed = 0,
  width = 64,
  height = 48,
  format = "jpeg",
  quality = 90,
}: ImageOptions = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inBlock = (x + seed * 7) % width < width / 4 && (y + seed * 3) % height < height / 4;
      pixels[at++] = inBlock ? 255 : (x * 3 + seed * 11) & 255;
      pixels[at++] = inBlock ? 0 : (y * 5 + seed * 13) & 255;
      pixels[at++] = (x * y + seed) & 255;
    }
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return format === "jpeg"
    ? image.jpeg({ quality }).toBuffer()
    : format === "png"
      ? image.png().toBuffer()
      : image.webp({ quality }).toBuffer();
}

export interface DrawnMask {
  readonly width?: number;
  readonly height?: number;
  /** Left, top, width, height in pixels of what is not black. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /** Its grey value. */
  readonly grey?: number;
  readonly form?: "grey png" | "colour png" | "grey jpeg";
}

/** A mask: a box of one grey value on black. */
export async function maskImage({
  width = 32,
  height = 24,
  box: [left, top, across, down],
  grey = 255,
  form = "grey png",
}: DrawnMask): Promise<Buffer> {
  const channels = form === "colour png" ? 3 : 1;
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = top; y < top + down; y++)
    for (let x = left; x < left + across; x++)
      pixels.fill(grey, (y * width + x) * channels, (y * width + x + 1) * channels);
  const image = sharp(pixels, { raw: { width, height, channels } });
  const own = form === "colour png" ? image : image.toColourspace("b-w");
  return form === "grey jpeg" ? own.jpeg({ quality: 100 }).toBuffer() : own.png().toBuffer();
}

/** A JPEG of about `bytes` bytes: noise does not compress. */
export async function noiseImage(bytes: number, seed = 1): Promise<Buffer> {
  const side = Math.max(16, Math.ceil(Math.sqrt(bytes / 1.1)));
  const pixels = Buffer.alloc(side * side * 3);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < pixels.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    pixels[i] = state & 255;
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
