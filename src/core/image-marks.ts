import { defined } from "./defined.js";
import type { ImageRef, Mark } from "./image.js";

/** The image with marks; it is re-encoded without loss when it is read. */
export function withMarks(image: ImageRef, ...marks: readonly Mark[]): ImageRef {
  return {
    ...defined({ path: image.path }),
    bytes: () => image.bytes(),
    marks: [...(image.marks ?? []), ...marks],
  };
}
