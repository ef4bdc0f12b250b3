/** MMMU's prompts: lmms-eval's, the authors' (`mmmu/configs/llava1.5.yaml`), and Qwen3-VL's in lmms-eval. */

import { bracketedOptions, LETTER_DIRECTLY, letteredOptions, parseStringList } from "llava-eval";

export interface MmmuWords {
  readonly question: string;
  /** A Python list. */
  readonly options: string;
  readonly question_type: string;
}

const WORD_OR_PHRASE = "Answer the question using a single word or phrase.";
const isChoice = (row: MmmuWords): boolean => row.question_type === "multiple-choice";

/** @param profile `official`, `qwen3_vl` or `qwen` (lmms-eval's `mmmu_val_qwen`); any other is lmms-eval's default */
export function mmmuPrompt(row: MmmuWords, profile: string): string {
  if (profile.startsWith("qwen")) return qwenPrompt(row, profile);
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

function qwenPrompt(row: MmmuWords, profile: string): string {
  const open =
    profile === "qwen"
      ? "Please answer the question directly."
      : "Please select the correct answer from the options above.";
  const last = isChoice(row) ? "Answer with the option letter only." : open;
  return `Question: ${row.question}\nOptions:\n${letteredOptions(parseStringList(row.options))}\n${last}`;
}
