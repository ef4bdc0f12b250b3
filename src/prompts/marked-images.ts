/** Words that say where images stand by a literal `<image>`. */

import type { ImageRef } from "../core/image.js";
import type { Part, Prompt } from "../core/prompt.js";

/** Each image at its mark, in order; images without a mark come first, marks without an image are dropped. */
export function imagesAtMarks(images: readonly ImageRef[], words: string): Prompt {
  const pieces = words.split("<image>");
  const unmarked = Math.max(0, images.length - (pieces.length - 1));
  const parts: Part[] = images.slice(0, unmarked).map((image) => ({ type: "image", image }));
  pieces.forEach((text, i) => {
    const image = i === 0 ? undefined : images[unmarked + i - 1];
    if (image) parts.push({ type: "image", image });
    if (text !== "") parts.push({ type: "text", text });
  });
  return { messages: [{ role: "user", parts }] };
}
