/** What a judge that was asked for a number writes. */
import type { Scoring } from "../core/score.js";
import { strip } from "./python-strings.js";

// Behind the number nothing goes on: "1 request is queued before yours" begins with one, too.
const numberFirst =
  /^[^\p{L}\p{N}-]*(\p{Nd}{1,2}(?:\.\p{Nd}*)?|\.\p{Nd}+)["'`*\])]*(?=\s*(?:$|[,;:/|\n]|\.(?!\p{Nd})|out of\s))/iu;
const label = /^[^\p{L}\p{N}]*(?:judge?ment|score|answer|verdict|output|result|rating)\b[^\p{L}\p{N}-]*/iu;

/** lmms-eval's reading of a 0/1 reply: a `1` anywhere, so `10` and `0 out of 1` are right there. */
export function binaryDigit(reply: string): 0 | 1 {
  return reply.includes("1") ? 1 : 0;
}

/**
 * A 0/1 reply in the form that was asked for: the digit alone, perhaps quoted, bracketed or bold. `undefined` = ask again.
 * With lmms-eval's scoring, its reading of a reply that begins with a number, perhaps behind "Judgement:"; a number in prose ("0 credits
 * left", "retry in 1 s") is no verdict.
 */
export function binaryVerdict(reply: string, scoring: Scoring): 0 | 1 | undefined {
  if (scoring === "lmms-eval") return numberFirst.test(reply.replace(label, "")) ? binaryDigit(reply) : undefined;
  const digit = /^[*"'`[(]*([01])[*"'`\])]*\.?$/.exec(strip(reply))?.[1];
  return digit === undefined ? undefined : digit === "1" ? 1 : 0;
}
