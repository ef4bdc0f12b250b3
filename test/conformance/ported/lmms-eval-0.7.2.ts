/** Rules that lmms-eval changed in 0.7.3, as they were at 75571cfe: the vectors of that commit hold them. No scoring here asks them. */

import { normalizeOpen } from "../../../tasks/mmmu/open-answer.js";

/**
 * MMMU's open questions: one candidate was kept, as a string, and the reference compared with its single characters. Every one was wrong
 * unless the reference is empty (lmms-eval issue 1436).
 */
export function lmmsOpenCorrect(answer: string, gold: string | readonly string[]): boolean {
  const references = typeof gold === "string" ? normalizeOpen(gold) : gold.flatMap(normalizeOpen);
  const characters = new Set(answer);
  return references.some(
    (reference) => typeof reference === "string" && (reference === "" ? answer !== "" : characters.has(reference)),
  );
}
