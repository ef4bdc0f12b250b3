/** `tokenizer.json` through @huggingface/tokenizers. The only file that knows that package: its `encode` is typed `any`. */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { messageOf, UserError } from "../../../core/errors.js";
import { check, type Static, type TSchema, Type } from "../../../core/schema.js";
import { OutOfTime, withinTime } from "../within-time.js";
import { type Tokenizer, type TokenizerOptions, wellFormed } from "./tokenizer.js";
import { addedTokens, followsLlamaBosRule, type TokenizerConfig, tokenText } from "./tokenizer-config.js";

/** As in added_tokens.json; the largest vocabularies have 262,144 tokens. */
const Id = Type.Integer({ minimum: 0, maximum: 9_999_999 });

const AddedTokenOfFile = Type.Object({
  id: Id,
  content: Type.String(),
  special: Type.Optional(Type.Boolean()),
});

/** What is relied on here; the library reads the rest. */
const TokenizerFile = Type.Object({
  added_tokens: Type.Optional(Type.Union([Type.Array(AddedTokenOfFile), Type.Null()])),
  model: Type.Object({
    type: Type.Optional(Type.Union([Type.Literal("BPE"), Type.Literal("Unigram"), Type.Literal("WordPiece")])),
    vocab: Type.Unknown(),
    merges: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Array(Type.String())]))),
    continuing_subword_prefix: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
});

/** Real ones need a few milliseconds for a page; a regular expression that backtracks has no end. */
const secondsForOneText = 5;
/** Texts that make one find its worst case, if it has one: a long run, then something that does not fit. */
const provocations = ["a", "1", " ", ".", "\n", "a ", "\u00e9"].map((run) => `${run.repeat(64)}\u0000!`);

const withVocabulary = <T extends TSchema>(vocab: T) => Type.Object({ model: Type.Object({ vocab }) });
const IdByToken = withVocabulary(Type.Record(Type.String(), Id));
/** Unigram: token and log-probability; the position is the id. */
const ScoredTokens = withVocabulary(
  Type.Array(Type.Array(Type.Union([Type.String(), Type.Number()]), { minItems: 2, maxItems: 2 })),
);

/** One step of `decoder`, or a sequence of them. */
interface Decoder {
  readonly config: { readonly type: string };
  readonly decoders?: readonly Decoder[];
  text_decoder?: { decode(bytes: Uint8Array): string };
}

interface Encoder {
  readonly decoder: Decoder | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
}

/**
 * @param file  the parsed `tokenizer.json`
 * @param config  `tokenizer_config.json`, `{}` when there is none
 * @param where  the file's path, for messages
 */
export function jsonTokenizer(
  file: unknown,
  config: TokenizerConfig,
  where: string,
  options: TokenizerOptions = {},
): Tokenizer {
  const fix = "use the tokenizer.json that belongs to the checkpoint";
  const checked = check(TokenizerFile, file, where, fix);
  const ids = idsByToken(checked, where, fix);
  if (ids.size === 0) throw new UserError("an empty vocabulary", where, fix);
  refuseMerges(checked, ids, where, fix);
  const all = withConfigTokens(checked.added_tokens ?? [], config);
  // Left in, `<image>` written in a question would become an image slot without an image.
  const recognised = all.filter((token) => token.id !== options.imageTokenId);

  let library: Encoder;
  try {
    library = new Library(
      {
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
        ...checked,
        added_tokens: recognised,
      },
      { ...config, clean_up_tokenization_spaces: config.clean_up_tokenization_spaces ?? false },
    ) as unknown as Encoder;
  } catch (error) {
    throw new UserError(`the tokenizer cannot be built from this file: ${messageOf(error)}`, where, fix, {
      cause: error,
    });
  }

  for (const token of all) ids.set(token.content, token.id);
  const skipped = new Set(all.filter((token) => token.special).map((token) => token.id));
  if (options.imageTokenId !== undefined) skipped.add(options.imageTokenId);
  const known = new Set(ids.values());

  for (const step of library.decoder?.decoders ?? [library.decoder]) {
    if (step?.config.type === "ByteFallback") step.text_decoder = runsOfBytes;
  }

  const inTime = <T>(text: string, work: () => T): T => {
    try {
      return withinTime(secondsForOneText, work);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      const problem = `its rules need more than ${secondsForOneText} s for a text of ${text.length} characters`;
      throw new UserError(problem, where, fix, { cause: error });
    }
  };
  const encode = (text: string): number[] =>
    inTime(text, () => library.encode(text, { add_special_tokens: false }).ids);
  for (const text of provocations) encode(text);

  return {
    source: "tokenizer.json",
    start: startIds(library, config, ids, where),
    length: ids.size,
    encode: (text) => encode(wellFormed(text)),
    decode: (given) => {
      const kept = given.filter((id) => known.has(id) && !skipped.has(id));
      return kept.length === 0 ? "" : library.decode(kept, { skip_special_tokens: true }); // it throws on []
    },
    idOf: (token) => ids.get(token),
  };
}

/** Tokens of `added_tokens_decoder` that the file lacks are added, as transformers does when it loads both files. */
function withConfigTokens(
  ofFile: readonly { id: number; content: string; special?: boolean }[],
  config: TokenizerConfig,
) {
  const present = new Set(ofFile.map((token) => token.content));
  return [...ofFile, ...addedTokens(config).filter((token) => !present.has(token.content))];
}

function idsByToken(file: Static<typeof TokenizerFile>, where: string, fix: string): Map<string, number> {
  if (!Array.isArray(file.model.vocab)) return new Map(Object.entries(check(IdByToken, file, where, fix).model.vocab));
  const { vocab } = check(ScoredTokens, file, where, fix).model;
  return new Map(vocab.map(([token], id) => [String(token), id]));
}

/**
 * As the Rust library refuses them: the package drops what it does not understand, and other tokens come out.
 * Source: huggingface/tokenizers, src/models/bpe/{serialization,model}.rs.
 */
function refuseMerges(
  { model }: Static<typeof TokenizerFile>,
  ids: ReadonlyMap<string, number>,
  where: string,
  fix: string,
): void {
  const { type, merges, continuing_subword_prefix: prefix } = model;
  if (merges === undefined) return;
  if (type !== undefined && type !== "BPE") throw new UserError(`a ${type} model that has merges`, where, fix);
  for (const [i, merge] of merges.entries()) {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    const [left, right] = pair;
    if (pair.length !== 2 || !left || !right) {
      throw new UserError(`merge ${i + 1} is no pair of tokens: ${JSON.stringify(merge).slice(0, 80)}`, where, fix);
    }
    const merged = left + (prefix && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    const missing = [left, right, merged].find((token) => !ids.has(token));
    if (missing === undefined) continue;
    throw new UserError(
      `merge ${i + 1} needs the token ${JSON.stringify(missing)}, which the vocabulary lacks`,
      where,
      fix,
    );
  }
}

/**
 * The Rust library's rule for a run of byte tokens, as the reference decodes: all of it is one text, or every byte is a U+FFFD. The
 * package's own, WHATWG's, keeps the well-formed part and has one U+FFFD for each broken character.
 * Source: huggingface/tokenizers, src/decoders/byte_fallback.rs.
 */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const runsOfBytes = {
  decode(bytes: Uint8Array): string {
    try {
      return strictUtf8.decode(bytes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return "\uFFFD".repeat(bytes.length); // ill-formed, which is an answer and not a fault
    }
  },
};

function startIds(library: Encoder, config: TokenizerConfig, ids: Map<string, number>, where: string): number[] {
  if (followsLlamaBosRule(config)) {
    const bos = ids.get(tokenText(config.bos_token) ?? "<s>");
    return config.add_bos_token === false || bos === undefined ? [] : [bos];
  }
  const plain = library.encode("a", { add_special_tokens: false }).ids;
  const framed = library.encode("a", { add_special_tokens: true }).ids;
  const start = framed.slice(0, framed.length - plain.length);
  if (framed.slice(start.length).join() !== plain.join()) {
    throw new UserError(
      "this tokenizer adds tokens after a text, which would cut every prompt in two at its images",
      where,
      "use a tokenizer.json whose post-processor adds at most a BOS token",
    );
  }
  return start;
}
