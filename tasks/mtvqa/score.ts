/** MTVQA (Tang et al. 2024): the answer is in the reply. Sources: bytedance/MTVQA; lmms-eval `mtvqa/utils.py`. */

import { lower, type Scoring, strip } from "llava-eval";

const withoutStops = (text: string): string => lower(strip(text)).replaceAll(".", "");

/** The authors remove the full stops of the reply alone: an answer with one, "3.5", is never right there. */
export function mtvqaTarget(answer: string, scoring: Scoring): string {
  return scoring === "official" ? lower(strip(answer)) : withoutStops(answer);
}

export function mtvqaCorrect(text: string, answer: string, scoring: Scoring): boolean {
  return withoutStops(text).includes(mtvqaTarget(answer, scoring));
}
