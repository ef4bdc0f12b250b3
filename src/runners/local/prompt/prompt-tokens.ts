/** Token ids of a rendered prompt: every text between two images is tokenised apart, as the LLaVA repository does. */
import { IMAGE_SLOT } from "../native.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { imageSlot, joined, type Piece } from "./pieces.js";
import type { Template } from "./templates.js";

/** With `mm_use_im_start_end` every image stands between two tokens of its own. */
export function framedSlots(pieces: readonly Piece[]): Piece[] {
  return joined(pieces.flatMap((piece) => (piece === imageSlot ? ["<im_start>", piece, "<im_end>"] : [piece])));
}

/**
 * `[BOS] chunk IMAGE_SLOT chunk ...`. One BOS stands at the start, none in front of later chunks; each chunk sees
 * SentencePiece's leading-space rule by itself. A BOS that the template writes, too, is kept or is the only one: `startsOnce`.
 */
export function promptTokens(
  tokenizer: Tokenizer,
  pieces: readonly Piece[],
  { startsOnce }: Pick<Template, "startsOnce"> = {},
): number[] {
  const ids = pieces.flatMap((piece) => (piece === imageSlot ? [IMAGE_SLOT] : tokenizer.encode(piece)));
  const written = startsOnce && tokenizer.start.length > 0 && tokenizer.start.every((id, i) => ids[i] === id);
  return written ? ids : [...tokenizer.start, ...ids];
}

export interface Continuation {
  readonly ids: number[];
  /** The border between prompt and continuation cuts through a token: the ids are the reference's, their split is not exact. */
  readonly crossesBorder: boolean;
}

/**
 * Ids of `text` as a continuation of the prompt: the prompt's last chunk and the text are tokenised together and cut where the prompt
 * alone ends. Tokenised alone, " A cat." would get SentencePiece's prefix space once more.
 */
export function continuationTokens(tokenizer: Tokenizer, pieces: readonly Piece[], text: string): Continuation {
  const last = pieces.at(-1);
  const chunk = typeof last === "string" ? last : "";
  const prompt = tokenizer.encode(chunk);
  const whole = tokenizer.encode(chunk + text);
  const crossesBorder = prompt.some((id, i) => whole[i] !== id);
  const ids = whole.slice(prompt.length);
  return ids.length > 0 || text === "" ? { ids, crossesBorder } : { ids: tokenizer.encode(text), crossesBorder: true };
}
