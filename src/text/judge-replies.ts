/** What a judge that was asked for 0 or 1 writes. */
import { strip } from "./python-strings.js";

/** lmms-eval's 0/1 judge: a `1` anywhere counts, so `10` and `0 out of 1` are right. */
export function binaryDigit(reply: string): 0 | 1 {
  return reply.includes("1") ? 1 : 0;
}

/**
 * A 0/1 reply in the form that was asked for: the digit alone, perhaps quoted, bracketed or bold. `undefined` = ask again.
 * Unlike `binaryDigit` it does not take "0 (see step 1)" for a 1.
 */
export function strictBinary(reply: string): 0 | 1 | undefined {
  const digit = /^[*"'`[(]*([01])[*"'`\])]*\.?$/.exec(strip(reply))?.[1];
  return digit === undefined ? undefined : digit === "1" ? 1 : 0;
}
