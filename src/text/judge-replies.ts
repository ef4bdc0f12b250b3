/** What a judge that was asked for 0 or 1 writes. */
import type { Scoring } from "../core/score.js";
import { strip } from "./python-strings.js";

/**
 * Whether a reply has a number of one or two digits. One without gives no points: it is empty, or an outage's words and status
 * ("Error 503: try again"), which lmms-eval would score.
 */
export function hasPoints(reply: string): boolean {
  return /(?<!\p{Nd})\p{Nd}{1,2}(?!\p{Nd})/u.test(reply);
}

/** lmms-eval's reading of a 0/1 reply: a `1` anywhere, so `10`, `0 out of 1` and `0 (see step 1)` are right there. */
export function binaryDigit(reply: string): 0 | 1 {
  return reply.includes("1") ? 1 : 0;
}

/**
 * A 0/1 reply in the form that was asked for: the digit alone, perhaps quoted, bracketed or bold. `undefined` = ask again.
 * With lmms-eval's scoring, its reading of a reply that has a digit.
 */
export function binaryVerdict(reply: string, scoring: Scoring): 0 | 1 | undefined {
  if (scoring === "lmms-eval") return hasPoints(reply) ? binaryDigit(reply) : undefined;
  const digit = /^[*"'`[(]*([01])[*"'`\])]*\.?$/.exec(strip(reply))?.[1];
  return digit === undefined ? undefined : digit === "1" ? 1 : 0;
}
