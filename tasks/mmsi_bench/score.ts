/** MMSI-Bench (Yang et al. 2025). Sources: the authors' extractor, and lmms-eval `mmsi_bench/utils.py`, which has widened it. */

import { inferChoice, pythonRegex, type Scoring, upper } from "llava-eval";

const enclosed = [/``([^`]*)``/, /`([^`]*)`/];
const alone = pythonRegex("\\b[A-D]\\b(?!\\s[a-zA-Z])");
const widened = pythonRegex("\\b[A-F]\\b(?!\\s[a-zA-Z])", "i");

/** The first letter that stands alone and not before a word ("A cat"), within the back-ticks that the question asks for, if any. */
export function mmsiLetter(text: string, scoring: Scoring): string | undefined {
  if (scoring === "vlmevalkit") return inferChoice(text, {}, "easi");
  let rest = text;
  for (const mark of enclosed) rest = mark.exec(rest)?.[1] ?? rest;
  if (scoring === "lmms-eval") rest = firstBraces(rest);
  const letter = (scoring === "lmms-eval" ? widened : alone).exec(rest)?.[0];
  return letter && upper(letter);
}

function firstBraces(text: string): string {
  const open = text.indexOf("{");
  const close = open < 0 ? -1 : text.indexOf("}", open);
  return close < 0 ? text : text.slice(open + 1, close);
}
