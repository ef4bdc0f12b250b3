/** A checkpoint's vocabulary, as prompts and answers need it. Ids are the checkpoint's own. */
export interface Tokenizer {
  /** The file it was read from; stands in the fingerprint. */
  readonly source: "tokenizer.json" | "tokenizer.model";
  /** Ids that are put in front of every text: `[BOS]`, or none. */
  readonly start: readonly number[];
  /** `len(tokenizer)`: distinct tokens, added ones included. Native checkpoints have that many useful rows of logits. */
  readonly length: number;
  /**
   * Ids of `text` without `start`. Control tokens written in the text are recognised, as in every library the
   * references use; the image placeholder is not: images never pass through the tokenizer.
   */
  encode(text: string): number[];
  /** The text of generated ids: control tokens and ids without a token are skipped, nothing is stripped. */
  decode(ids: readonly number[]): string;
  /** The id of a token (`<|im_end|>`), or undefined. */
  idOf(token: string): number | undefined;
}

export interface TokenizerOptions {
  /** `image_token_index` of a converted checkpoint: that token is plain text for the tokenizer. */
  readonly imageTokenId?: number;
}

/** Lone surrogates become U+FFFD, as they would in UTF-8: libraries disagree about them. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
