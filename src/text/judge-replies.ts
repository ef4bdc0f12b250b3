/** What judges write, read as the benchmarks' own scripts read it: two scores, one score, yes or no, JSON. */

import { parseFloatPython } from "./python-numbers.js";
import { lower, strip, upper } from "./python-strings.js";

const number = /-?\p{Nd}+(?:\.\p{Nd}+)?/u;

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
