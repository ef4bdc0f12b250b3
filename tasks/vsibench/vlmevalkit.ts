/** VSI-Bench by VLMEvalKit's matcher of numbers: `utils/spatial_bench/matching_func.py`, `can_match_na`. */

import { parseFloatPython, python, pythonRegex, strip } from "llava-eval";

const invisible = /\u200b|\u200c|\u200d|\ufeff/g;

const UP_TO_TWENTY = [
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
  ...["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"],
];
const numberWord = pythonRegex(`\\b(?:${UP_TO_TWENTY.join("|")})\\b`, "gi");

const NUMBER = "[-+]?(?:\\d*\\.\\d+|\\d+)(?:[eE][-+]?\\d+)?";
const number = pythonRegex(NUMBER, "g");

const opening = pythonRegex("<\\s*answer\\b", "gi");
const inTag = pythonRegex(`\\s*(${NUMBER})(?:[^\\d<][^<]*)?<\\s*/\\s*answer\\s*>`, "iy");
const thoughtEnd = pythonRegex("</\\s*think\\s*>", "gi");
const thoughtStart = pythonRegex("<\\s*think\\s*>", "gi");

/** What `<answer>` begins with, else the last number behind the thoughts, else the last one anywhere. */
export function lastNumber(reply: string): number | undefined {
  const [said] = candidates(reply);
  if (said === undefined) return undefined;
  const words = strip(said).replace(invisible, "");
  const text = words.replace(numberWord, (word) => String(UP_TO_TWENTY.indexOf(word.toLowerCase())));
  const found = tagged(text) ?? behindThoughts(text).match(number)?.at(-1) ?? text.match(number)?.at(-1);
  return found === undefined ? undefined : parseFloatPython(found);
}

/** A list's first member; brackets around what is no literal of Python end in an exception there, and have no number. */
function candidates(text: string): readonly string[] {
  const bare = strip(text);
  if (!bare.startsWith("[") || !bare.endsWith("]")) return [text];
  const value = python.literal(text);
  if (value === undefined) return [];
  return Array.isArray(value) && !(value instanceof python.Tuple) && value.length > 0 ? [python.str(value[0])] : [text];
}

/** Linear, unlike one pattern: openings that share a bracket are one. */
function tagged(text: string): string | undefined {
  let bracket = -1;
  for (const { index, 0: tag } of text.matchAll(opening)) {
    const start = index + tag.length;
    if (bracket >= start) continue;
    bracket = text.indexOf(">", start);
    if (bracket < 0) return undefined;
    inTag.lastIndex = bracket + 1;
    const found = inTag.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function behindThoughts(text: string): string {
  for (const mark of [thoughtEnd, thoughtStart]) {
    const last = [...text.matchAll(mark)].at(-1);
    if (last !== undefined) return text.slice(last.index + last[0].length);
  }
  return text;
}
