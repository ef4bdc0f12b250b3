/** VL-RewardBench (Li et al. 2024): which of two answers a reply prefers. Source: lmms-eval `vl_rewardbench/utils.py`. */

import { length, parseIntPython, pythonRegex } from "llava-eval";

const cue = /overall judgment|therefore/i;
const preference = pythonRegex("Answer\\s*(\\d+)\\s*is\\s*(?:the\\s*)?(?:slightly\\s*)?better", "gi");

/** The number in the last "Answer 1 is better" behind the first "Overall Judgment" or "Therefore"; any number is taken. */
export function preferredAnswer(text: string): number | undefined {
  const line = text.replaceAll("\n", "").replaceAll("*", "");
  const from = cue.exec(line);
  if (from === null) return undefined;
  const last = [...line.slice(from.index + from[0].length).matchAll(preference)].at(-1);
  return last?.[1] === undefined ? undefined : parseIntPython(last[1]);
}

/** The two answers in the order in which they are shown: turned round where their lengths add up to an odd number. */
export const isTurned = (responses: readonly string[]): boolean =>
  responses.reduce((sum, response) => sum + length(response), 0) % 2 === 1;

/** 1 or 2: the answer that people prefer, as it is shown. @param ranking 0 for the better one */
export function targetAnswer(responses: readonly string[], ranking: readonly number[]): 1 | 2 {
  return (ranking[0] === 0) !== isTurned(responses) ? 1 : 2;
}
