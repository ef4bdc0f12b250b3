/** A prompt's images as the engine takes them: their pixels, or their tiles where all the pixels at once are too much. */
import { defined } from "../../core/defined.js";
import { imageParts, type RenderedPrompt } from "../../core/prompt.js";
import type { DecodedImages } from "./decoded-images.js";
import type { Engine } from "./engine.js";
import type { ImageSize, NativeImage } from "./native.js";

export interface ShownImages extends Disposable {
  /** In slot order. */
  readonly images: readonly NativeImage[];
  /** What was said while they were decoded. */
  readonly warnings: readonly string[];
}

/**
 * Pixels stay in memory until this is disposed of; where tiles stand for them, only while one image after another is cut.
 * @throws SampleFailure `data` when one cannot be decoded; the engine's IMAGE; the signal's reason
 */
export async function shownImages(
  prompt: RenderedPrompt,
  decoded: DecodedImages,
  engine: Pick<Engine, "tiles">,
  signal: AbortSignal,
): Promise<ShownImages> {
  const parts = imageParts(prompt);
  if (decoded.holds(parts.map(({ image }) => image))) {
    const lease = await decoded.lease(
      parts.map(({ image }) => image),
      signal,
    );
    const images = lease.images.map(({ width, height, rgb }, i): NativeImage => {
      const { image, clip, frame } = parts[i] as (typeof parts)[number];
      return { width, height, rgb, digest: image.digest, ...defined({ clip, frame: frame?.number }) };
    });
    const warnings = lease.images.flatMap(({ warnings }) => warnings);
    return { images, warnings, [Symbol.dispose]: () => lease[Symbol.dispose]() };
  }
  const sizes = parts.map(({ image: { width, height }, clip }): ImageSize => ({ width, height, ...defined({ clip }) }));
  const images: NativeImage[] = [];
  const warnings: string[] = [];
  for (const [i, { image, clip, frame }] of parts.entries()) {
    using lease = await decoded.lease([image], signal);
    for (const { width, height, rgb, warnings: said } of lease.images) {
      sizes[i] = { width, height, ...defined({ clip }) };
      const tiles = await engine.tiles(sizes, i, rgb);
      images.push({ ...sizes[i], digest: image.digest, ...defined({ frame: frame?.number }), tiles });
      warnings.push(...said);
    }
  }
  return { images, warnings, [Symbol.dispose]: () => {} };
}
