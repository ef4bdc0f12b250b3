/** HallusionBench (Guan et al. 2024): verdicts on single answers; the groups over them are in `metrics/hallusion-bench.ts`. */

import { lower } from "llava-eval";

/** "0" wrong, "1" right, "2" the answer is unclear. */
export type HallusionVerdict = "0" | "1" | "2";

/** What the judge's words mean. "incorrect" is looked for first, so "not correct" counts as right: the script's rule. */
export function hallusionVerdict(judge: string): HallusionVerdict {
  const text = lower(judge);
  if (text.includes("incorrect")) return "0";
  return text.includes("correct") ? "1" : "2";
}

/**
 * Whether a judge's reply is one of the three words asked for ("correct", "incorrect", "unclear"). The script takes everything else
 * for unclear, which is right for a question about a missing image: a judge that says nothing would give points.
 */
export function hallusionAnswered(judge: string): boolean {
  return /correct|unclear/.test(lower(judge));
}

/** An unclear answer is right where a question about a missing image ("visual supplement") cannot be answered. */
export function hallusionCorrect(verdict: HallusionVerdict, category: string, figure: string): boolean {
  return verdict === "1" || (verdict === "2" && category === "VS" && figure === "0");
}

/**
 * Without a judge: "yes" anywhere in the answer (also in "eyes") is a yes. lmms-eval has this rule but does not use it.
 *
 * @param truth "1" for yes, "0" for no
 */
export function hallusionContainsYes(prediction: string, truth: string): boolean {
  return (lower(prediction).includes("yes") ? "1" : "0") === truth;
}
