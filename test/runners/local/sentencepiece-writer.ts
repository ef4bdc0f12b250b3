/** Writes the few fields of a SentencePiece ModelProto that decide ids: turns a Llama-style tokenizer.json back into a tokenizer.model. */
import type { TokenizerFile } from "./tokenizer-cases.js";

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
const tag = (field: number, wireType: number): number[] => varint(field * 8 + wireType);
export const bytesField = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...tag(field, 2), ...varint(bytes.length)]), bytes]);
export const numberField = (field: number, value: number): Buffer => Buffer.from([...tag(field, 0), ...varint(value)]);

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([Buffer.from(tag(field, 5)), bytes]);
}

export const piece = (text: string, score: number, type: number): Buffer =>
  bytesField(1, Buffer.concat([bytesField(1, Buffer.from(text)), floatField(2, score), numberField(3, type)]));

/** BPE, byte fallback, dummy prefix, spaces kept; the score of a piece is minus the rank of the first merge that makes it. */
export function llamaStyleModel(file: TokenizerFile): Buffer {
  const rank = new Map<string, number>();
  for (const [i, merge] of file.model.merges.entries()) {
    const made = (typeof merge === "string" ? merge.split(" ") : merge).join("");
    if (!rank.has(made)) rank.set(made, i);
  }
  const types = new Map([
    ["<unk>", 2],
    ["<s>", 3],
    ["</s>", 3],
  ]);
  const pieces = Object.entries(file.model.vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([text]) => {
      const type = types.get(text) ?? (/^<0x[0-9A-F]{2}>$/.test(text) ? 6 : 1);
      return piece(text, type === 1 ? -(rank.get(text) ?? 1e9) : 0, type);
    });
  const trainer = bytesField(2, Buffer.concat([numberField(3, 2), numberField(35, 1)]));
  const normalizer = bytesField(3, Buffer.concat([numberField(3, 1), numberField(4, 0)]));
  return Buffer.concat([...pieces, trainer, normalizer]);
}
