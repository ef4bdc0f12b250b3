/**
 * A checkpoint that ships only `tokenizer.model`: SentencePiece inside, transformers' slow tokenizer around it
 * (added tokens, the prefix space, what decoding skips). The reference loads Vicuna and Yi this way (`use_fast=False`).
 */
import { segmenter, spaceMark } from "./sentencepiece-encode.js";
import type { SentencePieceModel } from "./sentencepiece-model.js";
import { type Tokenizer, type TokenizerOptions, wellFormed } from "./tokenizer.js";
import type { AddedToken } from "./tokenizer-config.js";

export interface SentencePieceOptions extends TokenizerOptions {
  /** Tokens recognised in the text before SentencePiece sees it: `<s>`, `</s>`, `<unk>`, and those added later. */
  readonly added: readonly AddedToken[];
  /** `add_bos_token`. */
  readonly addBos: boolean;
  /**
   * `legacy` of tokenizer_config.json. True: every stretch of text after an added token gets the prefix space, as
   * SentencePiece does by itself. False: only the very start of the text does.
   */
  readonly legacy: boolean;
  /** `add_prefix_space`; matters when `legacy` is false. */
  readonly addPrefixSpace: boolean;
}

export function sentencePieceTokenizer(model: SentencePieceModel, options: SentencePieceOptions): Tokenizer {
  const { ids } = segmenter(model);
  const recognised = options.added.filter((token) => token.id !== options.imageTokenId && token.content !== "");
  const splitter = addedTokenSplitter(recognised);
  const byId = new Map(options.added.map((token) => [token.id, token]));
  const names = new Map<string, number>();
  for (const [id, piece] of model.pieces.entries()) if (!names.has(piece.text)) names.set(piece.text, id);
  for (const token of options.added) names.set(token.content, token.id);

  const prefixSpace = options.legacy ? model.addDummyPrefix : options.addPrefixSpace;

  const encodeStretch = (text: string): number[] => {
    let normalised = text.replaceAll(" ", spaceMark);
    if (model.removeExtraWhitespaces) {
      normalised = normalised.replace(/^\u2581+|\u2581+$/g, "").replace(/\u2581{2,}/g, spaceMark);
    }
    if (normalised === "") return [];
    return ids(options.legacy && model.addDummyPrefix ? spaceMark + normalised : normalised);
  };

  return {
    source: "tokenizer.model",
    start: options.addBos && model.bosId >= 0 ? [model.bosId] : [],
    length: names.size,
    encode: (raw) => {
      let text = wellFormed(raw);
      if (!options.legacy && prefixSpace && text !== "") text = ` ${text.replaceAll(spaceMark, " ")}`;
      const encoded = splitter(text).flatMap((part) => (typeof part === "string" ? encodeStretch(part) : [part.id]));
      // transformers drops the prefix space again when an added token follows it.
      if (!options.legacy && prefixSpace && encoded.length > 1 && encoded[0] === names.get(spaceMark)) {
        if (byId.get(encoded[1] ?? -1)?.special) encoded.shift();
      }
      return encoded;
    },
    decode: (given) => {
      const pieces = given.flatMap((id): (string | number)[] => {
        const added = byId.get(id);
        if (added) return added.special || id === options.imageTokenId ? [] : [added.content];
        const piece = model.pieces[id];
        if (!piece || piece.type === "control" || piece.type === "unknown") return [];
        return piece.type === "byte" ? [Number.parseInt(piece.text.slice(3, 5), 16)] : [piece.text];
      });
      const first = pieces[0];
      if (prefixSpace && typeof first === "string" && first.startsWith(spaceMark)) pieces[0] = first.slice(1);
      return joinPieces(pieces).replaceAll(spaceMark, " ");
    },
    idOf: (token) => names.get(token),
  };
}

/** Cuts a text at added tokens, the longest first where several match; their white-space rules are applied. */
function addedTokenSplitter(tokens: readonly AddedToken[]): (text: string) => (string | AddedToken)[] {
  if (tokens.length === 0) return (text) => [text];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${longestFirst.map(escapePattern).join("|")})`, "u");
  return (text) => {
    const parts = text.split(pattern).map((part, i) => (i % 2 === 1 ? (byContent.get(part) ?? part) : part));
    return parts.map((part, i) => {
      if (typeof part !== "string") return part;
      const [before, after] = [parts[i - 1], parts[i + 1]];
      let kept = part;
      if (typeof before === "object" && before.rstrip) kept = kept.trimStart();
      if (typeof after === "object" && after.lstrip) kept = kept.trimEnd();
      return kept;
    });
  };
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Texts and bytes to one string; a byte that is no part of a well-formed character becomes U+FFFD by itself, as in SentencePiece. */
function joinPieces(pieces: readonly (string | number)[]): string {
  let text = "";
  for (let at = 0; at < pieces.length; ) {
    const piece = pieces[at];
    if (typeof piece === "string") {
      text += piece;
      at += 1;
      continue;
    }
    const length = characterLength(piece ?? 0);
    const bytes = pieces.slice(at, at + length).filter((part) => typeof part === "number");
    const character = bytes.length === length ? decodeStrictly(bytes) : undefined;
    text += character ?? "\uFFFD";
    at += character === undefined ? 1 : length;
  }
  return text;
}

const characterLength = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);

function decodeStrictly(bytes: readonly number[]): string | undefined {
  try {
    return strictUtf8.decode(Uint8Array.from(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined; // ill-formed: the caller writes U+FFFD
  }
}
