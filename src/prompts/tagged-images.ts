/** Questions that name their pictures: `<image 1>`, in columns `image_1`, `image_2`, ... (the MMMU family). */

import type { ImageRef } from "../core/image.js";
import { type Part, type Prompt, userPrompt } from "../core/prompt.js";
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

const tag = /<image (\d+)>/g;

/** Every picture that the words name, once, in the order of the tags' text; then the words with their tags. */
export function imagesFirst(row: TaggedRow, words: string): Prompt {
  const numbers = [...new Set(Array.from(words.matchAll(tag), ([, number]) => number as string))].sort();
  const images = numbers.flatMap((number) => row[`image_${Number(number)}`] ?? []);
  return userPrompt(...images, words);
}

/** Each picture where its tag stands first; a later mention stays in the words. Pieces are stripped, as chat models get them. */
export function imagesInPlace(row: TaggedRow, words: string): Prompt {
  const parts: Part[] = [];
  const seen = new Set<string>();
  let start = 0;
  const text = (end: number) => {
    const piece = words.slice(start, end).trim();
    if (piece !== "") parts.push({ type: "text", text: piece });
  };
  for (const found of words.matchAll(tag)) {
    const number = found[1] as string;
    const image = row[`image_${Number(number)}`];
    if (!image || seen.has(number)) continue;
    seen.add(number);
    text(found.index);
    parts.push({ type: "image", image });
    start = found.index + found[0].length;
  }
  text(words.length);
  return { messages: [{ role: "user", parts }] };
}
