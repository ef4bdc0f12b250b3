/** What judges write, read as the benchmarks' own scripts read it: two scores, one score, yes or no, JSON. */

import { jsonOf } from "../core/json.js";
import { parseFloatPython } from "./python-numbers.js";
import { lower, strip, upper } from "./python-strings.js";

export type ScorePair = readonly [first: number, second: number];

const number = /-?\p{Nd}+(?:\.\p{Nd}+)?/u;
const numbers = new RegExp(number, "gu");
const firstLine = (text: string): string => text.slice(0, text.includes("\n") ? text.indexOf("\n") : text.length);

/** The first two numbers of the first line; commas and semicolons are blanks (lmms-eval's LLaVA-in-the-wild). */
export function looseScorePair(review: string): ScorePair | undefined {
  const line = firstLine(strip(review)).replace(/[,;]/g, " ");
  const found: number[] = [];
  for (const [text] of line.matchAll(numbers)) {
    found.push(parseFloatPython(text) ?? Number.NaN);
    if (found.length === 2) break;
  }
  const [first, second] = found;
  return first === undefined || second === undefined ? undefined : [first, second];
}

/**
 * The first line is exactly two numbers with one blank or comma between them (LLaVA's `eval_gpt_review_bench.py`).
 *
 * @param trim what is stripped first: nothing in LLaVA's script, the line in LLaVA-Wilder, the review in LLaVA-Bench (COCO)
 */
export function strictScorePair(
  review: string,
  trim: "nothing" | "line" | "review" = "nothing",
): ScorePair | undefined {
  const line = firstLine(trim === "review" ? strip(review) : review);
  const words = (trim === "line" ? strip(line) : line).replaceAll(",", " ").split(" ");
  if (words.length !== 2) return undefined;
  const [first, second] = words.map(parseFloatPython);
  return first === undefined || second === undefined ? undefined : [first, second];
}

/** The first number of a reply, held within a range; without any number the low end of the range, or 0. */
export function firstScore(reply: string, range?: readonly [low: number, high: number]): number {
  const text = number.exec(reply)?.[0];
  if (text === undefined) return range?.[0] ?? 0;
  const score = parseFloatPython(text) ?? 0;
  return range === undefined ? score : Math.max(range[0], Math.min(score, range[1]));
}

/** The first number of a reply as a share of a range, 0 to 1; 0 without a number. */
export function normalizedScore(reply: string, [low, high]: readonly [number, number]): number {
  const text = number.exec(reply)?.[0];
  if (text === undefined) return 0;
  return Math.max(0, Math.min(1, ((parseFloatPython(text) ?? 0) - low) / (high - low)));
}

/** lmms-eval's 0/1 judge: a `1` anywhere counts, so `10` and `0 out of 1` are right. */
export function binaryDigit(reply: string): 0 | 1 {
  return reply.includes("1") ? 1 : 0;
}

/** lmms-eval's yes/no judge. */
export function binaryYes(reply: string): boolean {
  return lower(strip(reply)).startsWith("yes");
}

/** lmms-eval's verifier: `not correct` is right, `incorrect` is not. */
export function verifierVerdict(reply: string): boolean {
  const raised = upper(strip(reply));
  if (raised.includes("INCORRECT") || raised.includes("NOT_ATTEMPTED")) return false;
  if (raised.includes("CORRECT")) return true;
  const lowered = lower(strip(reply));
  return ["correct", "yes", "true", "1"].some((sign) => lowered.includes(sign));
}

/**
 * A 0/1 reply in the form that was asked for: the digit alone, perhaps quoted, bracketed or bold. `undefined` = ask again.
 * Unlike `binaryDigit` it does not take "0 (see step 1)" for a 1.
 */
export function strictBinary(reply: string): 0 | 1 | undefined {
  const digit = /^[*"'`[(]*([01])[*"'`\])]*\.?$/.exec(strip(reply))?.[1];
  return digit === undefined ? undefined : digit === "1" ? 1 : 0;
}

/** The first `{` to the last `}` read as JSON (Python's: NaN and Infinity are numbers); `undefined` if that fails. */
export function embeddedJson(reply: string): Readonly<Record<string, unknown>> | undefined {
  const text = reply.slice(reply.indexOf("{"), reply.lastIndexOf("}") + 1);
  if (!text.startsWith("{")) return undefined;
  return (jsonOf(text) as Readonly<Record<string, unknown>> | undefined) ?? pythonJson(text);
}

const maxJson = 100_000;
const numberMark = "\u0001number:";

function pythonJson(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!/NaN|Infinity/.test(text) || text.length > maxJson) return undefined;
  const quoted = text.replace(/"(?:[^"\\]|\\[\s\S])*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(numberMark + token),
  );
  // Undefined: not JSON either way; the caller asks again.
  return jsonOf(quoted, (_, value) =>
    typeof value === "string" && value.startsWith(numberMark) ? Number(value.slice(numberMark.length)) : value,
  ) as Readonly<Record<string, unknown>> | undefined;
}

const endMarks = ["</s>", "<|endoftext|>", "<|end_of_sentence|>", "<|im_end|>", "[/INST]"];

/** Removes the end marks that models leave in their text, then white space. */
export function stripSpecialTokens(text: string): string {
  let rest = text;
  for (const mark of endMarks) rest = rest.replaceAll(mark, "");
  return strip(rest);
}

const grouped = /-?\p{Nd}+(?:,\p{Nd}{3})*(?:\.\p{Nd}+)?/gu;

/** What stands in the first non-empty `\boxed{…}` up to its first `}`, else the last number, without its commas. */
export function boxedOrLastNumber(text: string): string {
  return firstBoxed(text) ?? (text.match(grouped)?.at(-1) ?? "").replaceAll(",", "");
}

function firstBoxed(text: string): string | undefined {
  const open = "\\boxed{";
  for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + open.length)) {
    const start = at + open.length;
    const end = text.indexOf("}", start);
    if (end < 0) return undefined;
    if (end > start) return strip(text.slice(start, end));
  }
  return undefined;
}
