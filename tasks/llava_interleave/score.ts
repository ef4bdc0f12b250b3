/**
 * LLaVA-Interleave-Bench (Li et al. 2024): options by their letter, free answers by ROUGE-L.
 * Sources: LLaVA-VL/LLaVA-NeXT `llava/eval/evaluate_interleave.py`; lmms-eval `llava_interleave_bench/utils.py`.
 */

import { firstCharacters, lower, pythonRegex, removePunctuation, type Scoring, strip } from "llava-eval";
import { rougeL } from "./rouge.js";

/** Both ends, one kind of mark after the other: what stands inside another kind stays. */
const withoutQuotes = (text: string): string => ["'", '"', ")", "("].reduce((rest, mark) => strip(rest, mark), text);

export function interleaveNormal(text: string): string {
  const flat = strip(text.replace(/[\n\t]/g, " "));
  return lower(strip(withoutQuotes(removePunctuation(flat, "VQA"))));
}

/** Whether a reference is more than marks: without a word an empty reply would be it, and nothing is like it. */
export const hasWord = (reference: string): boolean => strip(interleaveNormal(reference).replaceAll(".", "")) !== "";

/** The last part between colons that is a letter, else the whole text. */
function letterBetweenColons(text: string): string {
  const letters = text.split(":").map((part) => strip(part));
  return (text.includes(":") ? letters.findLast((part) => /^[a-h]$/.test(part)) : undefined) ?? text;
}

const option = pythonRegex("^([A-E])\\.\\s*.+$", "i");
const anyLetter = pythonRegex("\\b([A-E])\\b", "i");

/** lmms-eval's: an option's letter in front, else the first letter of all that stands alone, the article "a" too. */
function lmmsLetter(text: string): string {
  const normal = interleaveNormal(text);
  const letter = option.exec(strip(text))?.[1] ?? anyLetter.exec(normal)?.[1];
  return letter?.toUpperCase() ?? normal;
}

/** What is compared. The authors look for the letter in the reply alone: of the reference "A: first" no reply is. */
export function choiceOf(text: string, of: "reply" | "reference", scoring: Scoring): string {
  if (scoring === "lmms-eval") return lmmsLetter(text);
  return of === "reply" ? letterBetweenColons(interleaveNormal(text)) : interleaveNormal(text);
}

const compared = 512;

/** Of the first 512 characters; lmms-eval compares the texts as they are, in their own case. */
export function freeScore(text: string, reference: string, scoring: Scoring): number {
  const normal = (of: string): string => (scoring === "lmms-eval" ? of : interleaveNormal(of));
  return rougeL(firstCharacters(normal(text), compared), normal(reference)) ?? 0;
}
