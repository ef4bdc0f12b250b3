/** GQA (Hudson and Manning 2019): its own rule, and lmms-eval's. */

import {
  looselyEqual,
  lower,
  type Output,
  removePunctuation,
  rightOrWrong,
  rstrip,
  type Score,
  type ScoreContext,
  strip,
} from "llava-eval";

/** GQA: equality after trailing periods and case; lmms-eval also ignores all punctuation. */
export function gqaScore(target: string, output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  if (scoring === "official") return rightOrWrong(gqaCorrect(text, target), gqaAnswer(text), target);
  return rightOrWrong(looselyEqual(text, target), removePunctuation(lower(text)), target);
}

/** GQA in LLaVA's conversion script and GQA's eval.py: trailing periods and case are ignored, nothing else. */
export function gqaCorrect(prediction: string, reference: string): boolean {
  return gqaAnswer(prediction) === reference;
}

/** The prediction as GQA's server gets it. */
export function gqaAnswer(prediction: string): string {
  return lower(rstrip(strip(prediction), "."));
}
