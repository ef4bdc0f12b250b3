/** Where ERQA's images stand among its words. */

import { type ImageRef, type Part, type Prompt, userPrompt } from "llava-eval";

const text = (words: string): Part => ({ type: "text", text: words });
const image = (one: ImageRef): Part => ({ type: "image", image: one });

/** Image i before character `places[i]` of the question, as the authors' rows say; all in front when there are more or fewer places. */
export function imagesAtPlaces(images: readonly ImageRef[], question: string, places: readonly number[]): Prompt {
  if (places.length !== images.length) return userPrompt(...images, question);
  const characters = Array.from(question);
  const parts: Part[] = [];
  let last = 0;
  const inOrder = images.map((one, i) => ({ one, at: places[i] as number })).sort((a, b) => a.at - b.at);
  for (const { one, at } of inOrder) {
    if (at <= characters.length && at > last) {
      parts.push(text(characters.slice(last, at).join("")));
      last = at;
    }
    parts.push(image(one));
  }
  if (last < characters.length) parts.push(text(characters.slice(last).join("")));
  return { messages: [{ role: "user", parts }] };
}

/** Each image at its `<image>`, the words between without outer blanks; without any mark all images first, the rest at the end. */
export function imagesAtMarks(images: readonly ImageRef[], question: string): Prompt {
  const pieces = question.split("<image>");
  if (pieces.length === 1) return userPrompt(...images, question);
  const parts = pieces.flatMap((piece, i): Part[] => {
    const words = piece.trim() === "" ? [] : [text(piece.trim())];
    const one = i < pieces.length - 1 ? images[i] : undefined;
    return one === undefined ? words : [...words, image(one)];
  });
  return { messages: [{ role: "user", parts: [...parts, ...images.slice(pieces.length - 1).map(image)] }] };
}
