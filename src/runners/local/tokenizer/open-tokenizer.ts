/** Finds and opens the tokenizer of a checkpoint folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../core/errors.js";
import { Type } from "../../../core/schema.js";
import { readJsonFile } from "../checkpoint/json-file.js";
import { jsonTokenizer } from "./json-tokenizer.js";
import { readSentencePieceModel, type SentencePieceModel } from "./sentencepiece-model.js";
import { sentencePieceTokenizer } from "./sentencepiece-tokenizer.js";
import type { Tokenizer, TokenizerOptions } from "./tokenizer.js";
import {
  type AddedToken,
  AddedTokensFile,
  addedTokens,
  SpecialTokensMap,
  TokenizerConfig,
  tokenText,
} from "./tokenizer-config.js";

export interface OpenedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly config: TokenizerConfig;
}

/** Prefers `tokenizer.json`; `tokenizer.model` (SentencePiece) when it is alone. */
export async function openTokenizer(folder: string, options: TokenizerOptions = {}): Promise<OpenedTokenizer> {
  const opened = await open(folder, options);
  refuseMute(opened, folder);
  return opened;
}

/** A vocabulary without the letters of its language makes every question the same, and the run a number. */
function refuseMute({ tokenizer, config }: OpenedTokenizer, folder: string): void {
  const ids = tokenizer.encode("What is in the image?");
  const unknown = tokenizer.idOf(tokenText(config.unk_token) ?? "<unk>");
  if (ids.some((id) => id !== unknown)) return;
  throw new UserError(
    "the tokenizer has no tokens for plain words",
    join(folder, tokenizer.source),
    "use the tokenizer files that belong to the checkpoint",
  );
}

async function open(folder: string, options: TokenizerOptions): Promise<OpenedTokenizer> {
  const config = (await readJsonFile(join(folder, "tokenizer_config.json"), TokenizerConfig)) ?? {};

  const jsonPath = join(folder, "tokenizer.json");
  const file = await readJsonFile(jsonPath, Type.Unknown());
  if (file !== undefined) return { tokenizer: jsonTokenizer(file, config, jsonPath, options), config };

  const modelPath = join(folder, "tokenizer.model");
  const bytes = await readFile(modelPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) {
    throw new UserError(
      "no tokenizer: neither tokenizer.json nor tokenizer.model",
      folder,
      "copy the tokenizer files of the checkpoint (or of its base model) into this folder",
    );
  }
  const model = readSentencePieceModel(bytes, modelPath);
  return {
    tokenizer: sentencePieceTokenizer(model, {
      ...options,
      added: await slowAddedTokens(folder, config, model),
      addBos: config.add_bos_token ?? true,
      legacy: config.legacy ?? true, // transformers' default for files that do not say
      addPrefixSpace: config.add_prefix_space ?? true,
    }),
    config,
  };
}

/**
 * What transformers' slow tokenizer recognises: `added_tokens_decoder`, or in older folders the named special tokens and
 * `added_tokens.json`. A named token that the vocabulary lacks gets the next free id (Yi's files rely on it).
 */
async function slowAddedTokens(
  folder: string,
  config: TokenizerConfig,
  model: SentencePieceModel,
): Promise<readonly AddedToken[]> {
  if (config.added_tokens_decoder) return addedTokens(config);

  const map = (await readJsonFile(join(folder, "special_tokens_map.json"), SpecialTokensMap)) ?? {};
  const added = new Map(Object.entries((await readJsonFile(join(folder, "added_tokens.json"), AddedTokensFile)) ?? {}));
  const pieceIds = new Map(model.pieces.map((piece, id) => [piece.text, id]));
  const named = [
    tokenText(config.bos_token) ?? tokenText(map.bos_token) ?? model.pieces[model.bosId]?.text,
    tokenText(config.eos_token) ?? tokenText(map.eos_token) ?? model.pieces[model.eosId]?.text,
    tokenText(config.unk_token) ?? tokenText(map.unk_token) ?? model.pieces[model.unkId]?.text,
  ].filter((name) => name !== undefined);

  const plain = { lstrip: false, rstrip: false, normalized: false };
  const tokens = [...added].map(([content, id]) => ({ id, content, special: named.includes(content), ...plain }));
  let free = Math.max(model.pieces.length, ...[...added.values()].map((id) => id + 1));
  for (const content of new Set(named)) {
    if (added.has(content)) continue;
    tokens.push({ id: pieceIds.get(content) ?? free++, content, special: true, ...plain });
  }
  return tokens;
}
