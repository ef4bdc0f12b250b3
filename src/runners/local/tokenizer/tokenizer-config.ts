import { type Static, Type } from "../../../core/schema.js";

/** A token by its text, or as the object that older files write. */
const TokenName = Type.Union([Type.String(), Type.Object({ content: Type.String() }), Type.Null()]);

const AddedTokenEntry = Type.Object({
  content: Type.String(),
  lstrip: Type.Optional(Type.Boolean()),
  rstrip: Type.Optional(Type.Boolean()),
  normalized: Type.Optional(Type.Boolean()),
  single_word: Type.Optional(Type.Boolean()),
  special: Type.Optional(Type.Boolean()),
});

const NamedTemplate = Type.Object({ name: Type.String(), template: Type.String() });

/** The keys of `tokenizer_config.json` that change ids, text or templates; others are not read. */
export const TokenizerConfig = Type.Object({
  tokenizer_class: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  bos_token: Type.Optional(TokenName),
  eos_token: Type.Optional(TokenName),
  unk_token: Type.Optional(TokenName),
  add_bos_token: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  add_prefix_space: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  legacy: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  clean_up_tokenization_spaces: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  added_tokens_decoder: Type.Optional(Type.Record(Type.String({ pattern: "^[0-9]{1,7}$" }), AddedTokenEntry)),
  chat_template: Type.Optional(Type.Union([Type.String(), Type.Array(NamedTemplate), Type.Null()])),
});
export type TokenizerConfig = Static<typeof TokenizerConfig>;

/** `special_tokens_map.json`: names only, for checkpoints whose tokenizer_config.json leaves them out. */
export const SpecialTokensMap = Type.Object({
  bos_token: Type.Optional(TokenName),
  eos_token: Type.Optional(TokenName),
  unk_token: Type.Optional(TokenName),
});

/** `added_tokens.json`: text to id, for checkpoints older than `added_tokens_decoder`. */
export const AddedTokensFile = Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 9_999_999 }));

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Swallows white space to its left, to its right. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Matched in the normalised text instead of the raw one. */
  readonly normalized: boolean;
  /** Skipped in decoded text. */
  readonly special: boolean;
}

export function addedTokens(config: TokenizerConfig): AddedToken[] {
  return Object.entries(config.added_tokens_decoder ?? {}).map(([id, token]) => ({
    id: Number(id),
    content: token.content,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    normalized: token.normalized ?? !(token.special ?? false),
    special: token.special ?? false,
  }));
}

export function tokenText(name: Static<typeof TokenName> | undefined): string | undefined {
  return typeof name === "string" ? name : (name?.content ?? undefined);
}

/**
 * transformers' Llama classes build their BOS rule from `add_bos_token` (default true) and ignore the file's own
 * post-processor; all other classes use the post-processor.
 */
export function followsLlamaBosRule(config: TokenizerConfig): boolean {
  return /^(Code)?LlamaTokenizer(Fast)?$/.test(config.tokenizer_class ?? "");
}
