/** GQA (Hudson and Manning 2019): its own rule, and lmms-eval's. */

import {
  looselyEqual,
  lower,
  type Output,
  parseStringList,
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
  if (scoring === "vlmevalkit") return vlmEvalKitGqaScore(text, target);
  if (scoring === "official") return rightOrWrong(gqaCorrect(text, target), gqaAnswer(text), target);
  return rightOrWrong(looselyEqual(text, target), removePunctuation(lower(text)), target);
}

/** VLMEvalKit's accuracy: "yes." is wrong; of a target that is written as a list, the share that is equal. */
function vlmEvalKitGqaScore(text: string, target: string): Score {
  const answer = lower(strip(text));
  const targets = target.startsWith("[") ? parseStringList(target) : [target];
  const equal = targets.filter((one) => lower(strip(one)) === answer);
  return { status: "scored", value: equal.length / targets.length, answer, targets };
}

/** GQA in LLaVA's conversion script and GQA's eval.py: trailing periods and case are ignored, nothing else. */
export function gqaCorrect(prediction: string, reference: string): boolean {
  return gqaAnswer(prediction) === reference;
}

/** The prediction as GQA's server gets it. */
export function gqaAnswer(prediction: string): string {
  return lower(rstrip(strip(prediction), "."));
}
