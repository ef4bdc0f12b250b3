/** lmms-eval's generic judge layer: readers of replies that no task of ours is judged by. */
import { parseFloatPython } from "../../../src/text/python-numbers.js";
import { lower, strip, upper } from "../../../src/text/python-strings.js";

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
