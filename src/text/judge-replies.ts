/** What a judge that was asked for 0 or 1 writes. */
import type { Scoring } from "../core/score.js";
import { strip } from "./python-strings.js";

/**
 * A 0/1 reply in the form that was asked for: the digit alone, perhaps quoted, bracketed or bold. `undefined` = ask again.
 * lmms-eval takes a `1` anywhere: `10`, `0 out of 1` and `0 (see step 1)` are right there.
 */
export function binaryVerdict(reply: string, scoring: Scoring): 0 | 1 | undefined {
  if (scoring === "lmms-eval") return reply.includes("1") ? 1 : 0;
  const digit = /^[*"'`[(]*([01])[*"'`\])]*\.?$/.exec(strip(reply))?.[1];
  return digit === undefined ? undefined : digit === "1" ? 1 : 0;
}
