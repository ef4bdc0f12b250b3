/** MMMU (Yue et al. 2023): right or wrong for one question. Source: MMMU-Benchmark/MMMU `mmmu/utils/eval_utils.py`. */

import { type Candidate, normalizeOpen, parseOpen } from "../text/open-answer.js";
import { formatFloat } from "../text/python-numbers.js";

const written = (candidate: Candidate | undefined): string =>
  candidate === undefined ? "" : typeof candidate === "number" ? formatFloat(candidate) : candidate;

/**
 * lmms-eval 0.7.2 keeps one candidate, as a string, and compares the reference with its single characters: every open
 * question is wrong unless the reference is empty (lmms-eval issue 1436). Reproduced for `--scoring lmms-eval`.
 */
export function lmmsOpen(response: string, gold: string | readonly string[]): { answer: string; correct: boolean } {
  const answer = written(parseOpen(response)[0]);
  const references = typeof gold === "string" ? normalizeOpen(gold) : gold.flatMap(normalizeOpen);
  const characters = new Set(answer);
  const inOneCharacter = (reference: string): boolean => (reference === "" ? answer !== "" : characters.has(reference));
  const correct = references.some((reference) => typeof reference === "string" && inOneCharacter(reference));
  return { answer, correct };
}
