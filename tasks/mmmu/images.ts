/** Prompts of questions that name their images: `<image 1>` stands for the column `image_1`. */

import { type ImageRef, type Part, type Prompt, type TaggedRow, userPrompt } from "llava-eval";

const tag = /<image (\d+)>/g;

/** Every image that the words name, once, in the order of the tags' text; then the words with their tags. */
export function imagesFirst(row: TaggedRow, words: string): Prompt {
  const numbers = [...new Set(Array.from(words.matchAll(tag), ([, number]) => number as string))].sort();
  const images = numbers.flatMap((number) => row[`image_${Number(number)}`] ?? []);
  return userPrompt(...images, words);
}

/** Each image wherever a tag names it, as VLMEvalKit places them; one that no tag names is not sent. Words without a tag: all come first. */
export function imagesAtTags(images: readonly ImageRef[], words: string): Prompt {
  if (!words.includes("<image ")) return userPrompt(...images, words);
  const parts = words.split(/<image (\d)>/).map((piece, i) => (i % 2 === 0 ? piece : images[Number(piece) - 1]));
  return userPrompt(...parts.flatMap((part) => (part === undefined || part === "" ? [] : [part])));
}

/** The images of a row's columns. */
export const imagesOf = (row: TaggedRow): readonly ImageRef[] =>
  Array.from({ length: 7 }, (_, i) => row[`image_${i + 1}`] ?? []).flat();

/** Each image where its tag stands first; a later mention stays in the words. Pieces are stripped, as chat models get them. */
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
