/** Questions that name their images: `<image 1>`, in columns `image_1`, `image_2`, ... (the MMMU family). */

import type { ImageRef } from "../core/image.js";
import { Image, Nullable, Type } from "../core/schema.js";

/** Columns `image_1` to `image_<count>`, each of which may be empty. */
export function imageColumns(count: number) {
  const columns = Array.from(
    { length: count },
    (_, i) => [`image_${i + 1}`, Type.Optional(Nullable(Image()))] as const,
  );
  return Object.fromEntries(columns);
}

/** A row with such columns. */
export type TaggedRow = { readonly [column: `image_${number}`]: ImageRef | null | undefined };
