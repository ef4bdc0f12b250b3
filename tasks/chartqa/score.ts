import {
  lower,
  type Output,
  parseFloatPython,
  parseStringList,
  rightOrWrong,
  rstrip,
  type Score,
  type ScoreContext,
  strip,
} from "llava-eval";

/**
 * Relaxed accuracy (ChartQA, Masry et al. 2022; code of Pix2Struct): numbers within 5 % of the target, everything else
 * equal but for case. Nothing is stripped. A target of zero and text with separators ("1,000") are compared as strings.
 *
 * @param maxRelativeChange share of the target, 0.05 in ChartQA
 */
export function relaxedCorrect(prediction: string, target: string, maxRelativeChange = 0.05): boolean {
  const answer = toNumber(prediction);
  const goal = toNumber(target);
  // Python's `if target_float` is false for 0 and true for nan.
  if (answer !== undefined && goal !== undefined && goal !== 0)
    return Math.abs(answer - goal) / Math.abs(goal) <= maxRelativeChange;
  return lower(prediction) === lower(target);
}

function toNumber(text: string): number | undefined {
  if (!text.endsWith("%")) return parseFloatPython(text);
  const percent = parseFloatPython(rstrip(text, "%"));
  return percent === undefined ? undefined : percent / 100;
}

/** ChartQA: numbers within 5 %. VLMEvalKit strips the answer, and takes a target that is written as a list for several. */
export function relaxedScore(target: string, output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  if (scoring === "vlmevalkit") {
    const targets = target.startsWith("[") ? parseStringList(target) : [target];
    const answer = strip(text);
    return rightOrWrong(
      targets.some((one) => relaxedCorrect(answer, one)),
      answer,
      targets,
    );
  }
  return rightOrWrong(relaxedCorrect(text, target), text, target);
}
