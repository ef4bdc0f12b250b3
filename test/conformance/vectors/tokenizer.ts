/** Vector file of the text of token sequences: what a vocabulary holds besides has no influence on it. */

import { jsonTokenizer } from "../../../src/runners/local/tokenizer/json-tokenizer.js";
import type { VectorFile } from "../vector-file.js";

/** `decoder` of the families' tokenizer.json. */
const sentencePiece = {
  type: "Sequence",
  decoders: [
    { type: "Replace", pattern: { String: "\u2581" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: 1, stop: 0 },
  ],
};
const byteLevel = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
const decoders = { llama2: sentencePiece, mistral: sentencePiece, llama3: byteLevel, qwen2: byteLevel };

interface Tokens {
  readonly tokenizer: keyof typeof decoders;
  readonly tokens: readonly string[];
}

function decode({ tokenizer, tokens }: Tokens): string {
  const vocab = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  const file = { added_tokens: [], decoder: decoders[tokenizer], model: { type: "BPE", vocab, merges: [] } };
  return jsonTokenizer(file, {}, tokenizer).decode(tokens.map((token) => vocab[token] ?? -1));
}

export const tokenizerVectors: Readonly<Record<string, VectorFile>> = {
  "tokenizer/byte-fallback": { part: "decoding of the local engine's tokenizers", functions: { decode } },
};
