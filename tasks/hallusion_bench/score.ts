/** HallusionBench (Guan et al. 2024): verdicts on single answers; the groups over them are in `metrics/hallusion-bench.ts`. */

import { lower, strip } from "llava-eval";

/** "0" wrong, "1" right, "2" the answer is unclear. */
export type HallusionVerdict = "0" | "1" | "2";

/** What the judge's words mean. "incorrect" is looked for first, so "not correct" counts as right: the script's rule. */
export function hallusionVerdict(judge: string): HallusionVerdict {
  const text = lower(judge);
  if (text.includes("incorrect")) return "0";
  return text.includes("correct") ? "1" : "2";
}

const verdicts: Readonly<Record<string, HallusionVerdict>> = { incorrect: "0", correct: "1", unclear: "2" };
const around = "[\\s*\"“”'‘’`()[\\]]*";
const label = "(?:the )?(?:answer|output|verdict|judge?ment|prediction(?: answer)?)";
const verdictAlone = new RegExp(
  `^${around}(?:${label}${around}(?::| is )${around})?(incorrect|correct|unclear)${around}[.!]?${around}$`,
);

/**
 * The one word that the judge is asked for, alone ("Correct.", "**incorrect**", "Answer: unclear", "The answer is correct");
 * undefined = ask again. A longer text may only mention the word: "Incorrect API key provided" is no verdict.
 */
export function hallusionWord(judge: string): HallusionVerdict | undefined {
  return verdicts[verdictAlone.exec(lower(strip(judge)))?.[1] ?? ""];
}

/**
 * As lmms-eval reads a short reply that ends in one of the words. It finds them anywhere ("Incorrect API key provided"), and takes
 * "unclear" where there is none, which is right for a question about a missing image: an outage would give points.
 */
export function lmmsHallusionVerdict(judge: string): HallusionVerdict | undefined {
  const isVerdict = /^\P{L}*(?:\p{L}+\P{L}+){0,3}(?:in)?(?:correct|unclear)[^\p{L}\p{N}?]*$/u.test(lower(judge));
  return isVerdict ? hallusionVerdict(judge) : undefined;
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
