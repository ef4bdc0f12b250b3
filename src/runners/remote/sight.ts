import { UserError } from "../../core/errors.js";
import type { EncodedImage } from "../../core/image.js";
import type { RenderedPrompt } from "../../core/prompt.js";
import { encodedImage } from "../../images/encoded.js";

/**
 * Servers of text models drop images without a word (`transformers serve`, llama.cpp without `--mmproj`), and their answers
 * would be scored like any other's. Their count of prompt tokens tells: it is the same with and without an image.
 */

/** A red disc on white, 64 x 64: larger than the least side that servers take (Qwen-VL: 28). */
const disc = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAnUlEQVR42u3Z2RWAIAwF0VcJ/RdlL9oChAhZJscC5v5hojf5CAAAAAAAAAAAAIDXPGPMfBEBk+nuDF1Jd2Tobv2+QXfT9xkKUm82KE69zdAP8Gu9waBo9auGToBj9UuGNoDD9fMGAAAAAAAAAAAAADynUwD4pQwASL+VYLEVA5B+N1phO13hPlDkQlPhRlbkSsmhGwAAAAAAAACQcD4WNJuKIQEmNQAAAABJRU5ErkJggg==",
  "base64",
);
const words = "Say ok.";
const moreWords = " one two three four five six seven eight nine ten";

const prompt = (text: string, image?: EncodedImage): RenderedPrompt => ({
  messages: [
    {
      role: "user",
      parts: [...(image ? [{ type: "image" as const, image }] : []), { type: "text" as const, text }],
    },
  ],
});

export const wordsAlone = prompt(words);
export const wordsAndMore = prompt(words + moreWords);
export const imageAndWords = prompt(words, encodedImage(disc));

/** Prompt tokens as the server counts them; undefined = it does not say. */
export interface Counts {
  readonly words: number | undefined;
  readonly withImage: number | undefined;
  /** Of the longer text: does the count grow at all? Asked only where it matters. */
  longer(): Promise<number | undefined>;
}

/** @throws UserError  the server does not look at images */
export async function checkSight(counts: Counts, url: string, warn: (message: string) => void): Promise<void> {
  const { words: without, withImage } = counts;
  if (without === undefined || withImage === undefined || withImage > without) return;
  const longer = await counts.longer();
  if (longer === undefined || longer <= without) {
    warn(`${url} counts ${without} prompt tokens whatever is asked: it cannot be told whether it sees images`);
    return;
  }
  throw new UserError(
    `the server ignored the image (${withImage} prompt tokens with it, ${without} without)`,
    url,
    "load the model's vision part (--mmproj, --clip_model_path), or name a model that takes images; if its count leaves images out, say countsImages: false in a model file",
  );
}
