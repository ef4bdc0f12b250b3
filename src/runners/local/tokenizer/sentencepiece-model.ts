/** SentencePiece's `tokenizer.model`: the fields of its ModelProto that decide ids and text. */
import { messageOf, UserError } from "../../../core/errors.js";
import { asBytes, asFloat, asNumber, asText, fields, MalformedMessage } from "./protobuf.js";

/** SentencePiece's names; the order is the file's numbering, which starts at 1. */
const pieceTypes = ["normal", "unknown", "control", "user-defined", "unused", "byte"] as const;
const modelTypes = ["unigram", "bpe", "word", "char"] as const;

export interface Piece {
  readonly text: string;
  /** Log-probability (unigram), or minus the rank of the merge (bpe). */
  readonly score: number;
  readonly type: (typeof pieceTypes)[number];
}

export interface SentencePieceModel {
  readonly type: "bpe" | "unigram";
  /** Index = id. */
  readonly pieces: readonly Piece[];
  readonly unkId: number;
  /** -1: the model has none. */
  readonly bosId: number;
  readonly eosId: number;
  /** Characters without a piece become the pieces of their UTF-8 bytes instead of `<unk>`. */
  readonly byteFallback: boolean;
  /** A space is put in front of every text. */
  readonly addDummyPrefix: boolean;
  /** Runs of spaces count once, those at the ends not at all. */
  readonly removeExtraWhitespaces: boolean;
}

/** Real ones have 0.5 MB (32,000 pieces) to 4.3 MB (256,000). */
const maxFileBytes = 64 * 1024 * 1024;
const maxPieces = 2_000_000;

export function readSentencePieceModel(file: Uint8Array, where: string): SentencePieceModel {
  const fix = "fetch tokenizer.model of the checkpoint again, or put its tokenizer.json beside it";
  if (file.length > maxFileBytes) throw new UserError(`larger than ${maxFileBytes} bytes`, where, fix);
  try {
    return validate(parse(file));
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new UserError(`not a SentencePiece model: ${messageOf(error)}`, where, fix, { cause: error });
  }
}

function parse(file: Uint8Array) {
  const pieces: Piece[] = [];
  // proto2 defaults of TrainerSpec and NormalizerSpec.
  const trainer = { type: 1, unkId: 0, bosId: 1, eosId: 2, byteFallback: false, whitespaceSuffix: false };
  const normalizer = { dummyPrefix: true, removeExtra: true, escape: true, name: "", charsmapBytes: 0 };

  for (const field of fields(file)) {
    if (field.number === 1) {
      if (pieces.length === maxPieces) throw new MalformedMessage(`more than ${maxPieces} pieces`);
      pieces.push(parsePiece(asBytes(field)));
    } else if (field.number === 2) {
      for (const spec of fields(asBytes(field))) {
        if (spec.number === 3) trainer.type = asNumber(spec);
        else if (spec.number === 24) trainer.whitespaceSuffix = asNumber(spec) !== 0;
        else if (spec.number === 35) trainer.byteFallback = asNumber(spec) !== 0;
        else if (spec.number === 40) trainer.unkId = asId(asNumber(spec));
        else if (spec.number === 41) trainer.bosId = asId(asNumber(spec));
        else if (spec.number === 42) trainer.eosId = asId(asNumber(spec));
      }
    } else if (field.number === 3) {
      for (const spec of fields(asBytes(field))) {
        if (spec.number === 1) normalizer.name = asText(spec);
        else if (spec.number === 2) normalizer.charsmapBytes = asBytes(spec).length;
        else if (spec.number === 3) normalizer.dummyPrefix = asNumber(spec) !== 0;
        else if (spec.number === 4) normalizer.removeExtra = asNumber(spec) !== 0;
        else if (spec.number === 5) normalizer.escape = asNumber(spec) !== 0;
      }
    }
  }
  return { pieces, trainer, normalizer };
}

function parsePiece(message: Uint8Array): Piece {
  let text = "";
  let score = 0;
  let type = 1;
  for (const field of fields(message)) {
    if (field.number === 1) text = asText(field);
    else if (field.number === 2) score = asFloat(field);
    else if (field.number === 3) type = asNumber(field);
  }
  const name = pieceTypes[type - 1];
  if (name === undefined) throw new MalformedMessage(`piece type ${type}`);
  if (Number.isNaN(score)) throw new MalformedMessage(`the score of piece ${JSON.stringify(text)} is not a number`);
  return { text, score, type: name };
}

function validate({ pieces, trainer, normalizer }: ReturnType<typeof parse>): SentencePieceModel {
  const type = modelTypes[trainer.type - 1];
  if (type !== "bpe" && type !== "unigram")
    throw new MalformedMessage(`model type "${type ?? trainer.type}" is not supported`);
  // Llama's, Mistral's and Yi's files have none: the text is taken as it is.
  if (normalizer.charsmapBytes > 0) {
    throw new MalformedMessage(`its normalisation table ("${normalizer.name}") is not supported`);
  }
  if (!normalizer.escape || trainer.whitespaceSuffix) {
    throw new MalformedMessage("its treatment of white space (unescaped, or as a suffix) is not supported");
  }
  if (pieces[trainer.unkId]?.type !== "unknown") throw new MalformedMessage("it has no unknown piece");
  if (trainer.byteFallback && pieces.filter((piece) => piece.type === "byte").length !== 256) {
    throw new MalformedMessage("byte fallback without 256 byte pieces");
  }
  return {
    type,
    pieces,
    unkId: trainer.unkId,
    bosId: trainer.bosId,
    eosId: trainer.eosId,
    byteFallback: trainer.byteFallback,
    addDummyPrefix: normalizer.dummyPrefix,
    removeExtraWhitespaces: normalizer.removeExtra,
  };
}

/** int32: negative numbers (-1 = none) are written as 64-bit varints. */
const asId = (value: number): number => (value >= 2 ** 31 ? -1 : value);
