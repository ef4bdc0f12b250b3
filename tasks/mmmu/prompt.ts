/** MMMU's prompts: lmms-eval's, and the authors' (`mmmu/configs/llava1.5.yaml`). */

import { bracketedOptions, LETTER_DIRECTLY, letteredOptions, MODEL_PROFILES, parseStringList } from "llava-eval";

export interface MmmuWords {
  readonly question: string;
  /** A Python list. */
  readonly options: string;
  readonly question_type: string;
}

const WORD_OR_PHRASE = "Answer the question using a single word or phrase.";
const isChoice = (row: MmmuWords): boolean => row.question_type === "multiple-choice";

/** @param profile `official` or a model's; any other is lmms-eval's default */
export function mmmuPrompt(row: MmmuWords, profile: string): string {
  const parts = { question: row.question, options: parseStringList(row.options), isOpen: !isChoice(row) };
  const named = MODEL_PROFILES.mmmu[profile]?.(parts);
  if (named !== undefined) return named;
  if (!isChoice(row)) return `${row.question}\n\n${WORD_OR_PHRASE}`;
  const options = parseStringList(row.options);
  if (profile === "official") return `${row.question}\n\n${bracketedOptions(options)}\n\n${LETTER_DIRECTLY}`;
  return `${row.question}\n${letteredOptions(options)}\n\n${LETTER_DIRECTLY}`;
}

/** Without any instruction, as lmms-eval asks in its reasoning variant. */
export function mmmuBareQuestion(row: MmmuWords): string {
  if (!isChoice(row)) return `${row.question}\n\n`;
  return `${row.question}\n${letteredOptions(parseStringList(row.options))}\n\n`;
}

/** VLMEvalKit's words for MMMU-Pro. @param last the line that asks */
export function vlmEvalKitWords(question: string, options: Readonly<Record<string, string>>, last: string): string {
  const lines = Object.entries(options).map(([letter, option]) => `${letter}. ${option}\n`);
  return `Question: ${question}\nOptions:\n${lines.join("")}${last}`;
}

export const VLMEVALKIT_DIRECT = "Answer directly with the option letter from the given choices. ";
const FORM =
  "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of the options. Think step by step before answering. ";
export const VLMEVALKIT_REASONING = `Answer the following multiple-choice question. ${FORM}`;
/** Question and options are in the image. */
export const vlmEvalKitVision = (reasons: boolean): string =>
  `Answer the following multiple-choice question in the image. ${reasons ? FORM : VLMEVALKIT_DIRECT}`;
