/** ActivityNet-QA (Yu et al. 2019), judged: right or wrong, and a mark from 0 to 5. */

import { lower, notJudged, type Output, rightOrWrong, type Score, type ScoreContext } from "llava-eval";
import type { ActivityVerdict } from "./judge.js";

export function activityScore(
  { answer }: { readonly answer: string },
  { text }: Output,
  { verdicts }: ScoreContext,
): Score {
  const [verdict] = verdicts as unknown as readonly (ActivityVerdict | undefined)[];
  if (verdict === undefined) return notJudged;
  const pred = lower(verdict.pred);
  const right = pred.includes("yes");
  const { score } = verdict;
  // "Maybe" leaves the accuracy, not the mean mark.
  const value = right || pred.includes("no") ? { accuracy: right ? 1 : 0, score } : { score };
  return { ...rightOrWrong(right, text, answer), value };
}
