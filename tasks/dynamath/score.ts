/**
 * DynaMath (Zou et al. 2024): the short answer of a JSON reply, compared by its type.
 * Sources: DynaMath/DynaMath `evaluation/gpt_4o_json_eval.py`; VLMEvalKit `dynamath.py`.
 */

import { firstCharacters, jsonOf, length, lower, parseFloatPython, python, upper } from "llava-eval";

export const ANSWER_TYPES = ["float", "multiple choice", "text"] as const;
export type AnswerType = (typeof ANSWER_TYPES)[number];

export interface Reading {
  /** What was read; undefined where nothing could be. */
  readonly answer?: string | number;
  readonly right: boolean;
}

const tolerance = 0.001;

/** The first word's number, times π where that stands behind it. */
function numberOf(text: string): number | undefined {
  const [word = ""] = text.split(" ");
  const [factor = ""] = word.split("π");
  const value = parseFloatPython(factor);
  return value !== undefined && word.includes("π") ? value * Math.PI : value;
}

const isNear = (value: number, target: string): boolean =>
  Math.abs(value - (parseFloatPython(target) ?? Number.NaN)) <= tolerance;

/** An object's member; undefined where the text is no JSON or another value. */
function shortAnswer(text: string): unknown {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, unknown>>)["short answer"];
}

/** The authors': the whole reply is JSON, or it is wrong. */
export function officialReading(text: string, type: AnswerType, target: string): Reading {
  const value = python.json(text);
  const short = value instanceof Map ? value.get("short answer") : undefined;
  if (short === undefined || short === null) return { right: false };
  const answer = typeof short === "string" ? short : python.str(short);
  if (type === "float") {
    const value = numberOf(answer);
    return value === undefined ? { right: false } : { answer: value, right: isNear(value, target) };
  }
  if (type === "text") return { answer, right: answer.includes(target) };
  if (length(answer) === 1) return { answer, right: answer === target };
  // "BD" holds a B and a D: both are right, each where it is the target.
  return { answer, right: firstCharacters(answer, 3).includes(target) };
}

/** VLMEvalKit takes what stands between the outer braces, and every backslash out of it. */
export function betweenBraces(text: string): string {
  const [start, end] = [text.indexOf("{"), text.lastIndexOf("}")];
  return (start >= 0 && start < end ? text.slice(start, end + 1) : text).replaceAll("\\", "");
}

/** An answer of the type, or undefined: then a judge writes the reply anew. */
export function typedAnswer(text: string, type: AnswerType): string | number | undefined {
  if (type === "text") return text;
  if (type === "float") return numberOf(text);
  if (length(text) === 1) return upper(text);
  const found = [..."ABCDE"].filter((letter) => upper(text).includes(letter));
  return found.length === 1 ? found[0] : undefined;
}

/** VLMEvalKit's, before its judge is asked. */
export function ruledAnswer(text: string, type: AnswerType): string | number | undefined {
  const words = betweenBraces(text);
  const short = shortAnswer(words.replace(/[\x00-\x1f]/g, " ")); // there a text may hold line ends as they are
  return (typeof short === "string" ? typedAnswer(short, type) : undefined) ?? typedAnswer(words, type);
}

/** Its comparison of an answer; the text may be a part of the target, so an empty one is right. */
export function isRightAnswer(answer: string | number, type: AnswerType, target: string): boolean {
  if (type === "float") return isNear(Number(answer), target);
  return type === "text" ? lower(target).includes(lower(String(answer))) : answer === target;
}
