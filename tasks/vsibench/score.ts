/**
 * VSI-Bench (Yang et al. 2024): letters by equality, numbers by mean relative accuracy. Sources: vision-x-nyu/thinking-in-space
 * `lmms_eval/tasks/vsibench/utils.py`; lmms-eval `vsibench/utils.py`, which reads the first number anywhere; VLMEvalKit `vsibench.py`.
 */

import {
  inferChoice,
  isOptionLetter,
  lower,
  type Output,
  parseFloatPython,
  rightOrWrong,
  rstrip,
  type ScoreContext,
  type Scored,
  type Scoring,
  strip,
  upper,
} from "llava-eval";
import { lastNumber } from "./vlmevalkit.js";

export const choiceTypes = [
  ...["object_rel_direction_easy", "object_rel_direction_medium", "object_rel_direction_hard"],
  ...["object_rel_distance", "route_planning", "obj_appearance_order"],
] as const;
export const numberTypes = [
  ...["object_abs_distance", "object_counting", "object_size_estimation", "room_size_estimation"],
] as const;

export interface VsiQuestion {
  readonly question_type: string;
  /** A letter, or a number as text. */
  readonly ground_truth: string;
  /** Of a letter. */
  readonly options?: readonly string[] | null;
}

/** "D. the door" is D; "(D)" and "D: x" stay what they are. */
export const firstWord = (text: string): string => strip(rstrip(text.split(" ")[0] ?? "", "."));

// numpy's linspace(0.5, 0.95, 10): each point is start + i * step in doubles, the last one the end itself.
const step = (0.95 - 0.5) / 9;
const confidences = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + i * step));

/** The share of ten thresholds that the relative error stays below; undefined for a target of 0, which has no relative error. */
export function meanRelativeAccuracy(answer: number, target: number): number | undefined {
  if (target === 0) return undefined;
  const error = Math.abs(answer - target) / target;
  return confidences.filter((confidence) => error <= 1 - confidence).length / confidences.length;
}

const small =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(" ");
const rest = "seventeen eighteen nineteen".split(" ");
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const numberWords = new Map<string, number>([
  ...[...small, ...rest].map((word, i): [string, number] => [word, i]),
  ...tens.map((word, i): [string, number] => [word, 10 * (i + 2)]),
  ["hundred", 100],
  ["thousand", 1000],
]);

const digits = /-?\p{Nd}+(?:\.\p{Nd}+)?/u;

/** lmms-eval's: the first number in digits or in words ("two hundred and one"); "1,000" is 1. */
export function firstNumber(answer: string): number | undefined {
  const text = lower(strip(answer));
  const inDigits = digits.exec(text);
  const words: string[] = [];
  let start: number | undefined;
  for (const { 0: word, index } of text.matchAll(/[a-z]+/g)) {
    if (numberWords.has(word)) {
      start ??= index;
      words.push(word);
    } else if (start !== undefined && word !== "and") break;
  }
  if (inDigits !== null && (start === undefined || inDigits.index < start)) return parseFloatPython(inDigits[0]);
  return start === undefined ? undefined : inWords(words);
}

function inWords(words: readonly string[]): number {
  let total = 0;
  let current = 0;
  for (const word of words) {
    const value = numberWords.get(word) ?? 0;
    if (value === 100) current = Math.max(current, 1) * 100;
    else if (value === 1000) {
      total += Math.max(current, 1) * 1000;
      current = 0;
    } else current += value;
  }
  return total + current;
}

/** The number that is compared; undefined where none is read. */
export function numberIn(text: string, scoring: Scoring): number | undefined {
  if (scoring === "vlmevalkit") return lastNumber(text);
  return scoring === "lmms-eval" ? firstNumber(text) : parseFloatPython(firstWord(text));
}

const letterIn = (text: string, scoring: Scoring): string =>
  scoring === "vlmevalkit" ? (inferChoice(text, {}, "easi") ?? "") : firstWord(text);

export function vsiScore(row: VsiQuestion, { text }: Output, { scoring }: ScoreContext): Scored {
  const { question_type: type, ground_truth: target } = row;
  if ((choiceTypes as readonly string[]).includes(type)) {
    const answer = letterIn(text, scoring);
    const wanted = scoring === "vlmevalkit" ? strip(target) : target;
    return rightOrWrong(lower(answer) === lower(wanted), answer, target);
  }
  const number = numberIn(text, scoring);
  const wanted = parseFloatPython(target) ?? 0;
  const score: Scored = {
    status: "scored",
    value: number === undefined ? 0 : (meanRelativeAccuracy(number, wanted) ?? 0),
    answer: number === undefined ? "" : String(number),
    targets: [target],
  };
  return number === undefined ? { ...score, remark: "unparsable" } : score;
}

/** A letter of the options, or a number that something can be near to: below 0 everything would be. */
export function vsiHasReference({ question_type, ground_truth, options }: VsiQuestion): boolean {
  if ((choiceTypes as readonly string[]).includes(question_type))
    return isOptionLetter(upper(strip(ground_truth)), options ?? []);
  const number = parseFloatPython(ground_truth) ?? 0;
  return (numberTypes as readonly string[]).includes(question_type) && number > 0 && Number.isFinite(number);
}
