/**
 * Video-MMMU (Hu et al. 2025): MMMU's subjects, asked about lectures. Sources: lmms-eval `videommmu/utils.py`, by the authors; VLMEvalKit
 * `videommmu.py`, which keeps their older letter parser.
 */

import {
  chosen,
  guessedOr,
  hasText,
  isOptionLetter,
  type Output,
  optionLetters,
  parseChoice,
  rightOrWrong,
  robustChoice,
  type ScoreContext,
  type Scored,
  strip,
} from "llava-eval";
import { matchesOpen, normalizeOpen, parseVideoOpen } from "./open-answer.js";

export interface VideoMmmuQuestion {
  readonly question_type: string;
  readonly options: readonly string[];
  readonly answer: string | readonly string[];
}

/** "A. text" for each option; options that all begin with their letter stay as they are. */
export function videoMmmuOptions(options: readonly string[]): string {
  const letters = optionLetters(options.length);
  return options.every((option, i) => option.startsWith(`${letters[i]}.`))
    ? options.join("\n")
    : options.map((option, i) => `${letters[i]}. ${option}`).join("\n");
}

/**
 * Under lmms-eval's scoring an empty answer to an open question leaves the average ("API Error"), under VLMEvalKit's to any; and under
 * both, questions of the type "perception" are read as open ones but compared as letters, which is never right.
 */
export function videoMmmuScore(row: VideoMmmuQuestion, output: Output, { scoring }: ScoreContext): Scored {
  const text = scoring === "vlmevalkit" ? asVlmEvalKitReads(output.text) : output.text;
  const empty = text === "";
  const score = (scored: Scored): Scored => ({
    ...scored,
    value: { accuracy: scored.value as number, answered: empty ? 0 : 1 },
  });
  const { question_type: type, options, answer } = row;
  if (empty && scoring === "vlmevalkit") return { ...rightOrWrong(false, text, answer), value: { answered: 0 } };
  if (type === "multiple-choice" || (type === "perception" && scoring === "official")) {
    if (scoring === "vlmevalkit") return score(chosen(parseChoice("videoMmmu", text, options), answer));
    const { letter, guessed } = robustChoice(text, optionLetters(options.length));
    return score(guessedOr(guessed, chosen(letter, answer)));
  }
  const gold = [answer].flat();
  const right = !empty && type !== "perception" && matchesOpen(parseVideoOpen(text), gold.flatMap(normalizeOpen));
  const scored = rightOrWrong(right, text, answer);
  return empty && scoring !== "official" ? { ...scored, value: { answered: 0 } } : score(scored);
}

/** What stands behind the last "Answer:", where one stands: its prompt asks for it. */
const asVlmEvalKitReads = (text: string): string => strip(text.split("Answer:").at(-1) ?? "");

/** A letter of the options, or for open questions an answer. */
export function videoMmmuHasReference({ question_type: type, options, answer }: VideoMmmuQuestion): boolean {
  const isChoice = type === "multiple-choice" || type === "perception";
  if (isChoice) return typeof answer === "string" && isOptionLetter(answer, options);
  return (type === "open" || type === "open-ended") && hasText(answer);
}
