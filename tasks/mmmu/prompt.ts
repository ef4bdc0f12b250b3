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
