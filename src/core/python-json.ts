/** JSON as Python's `json` module writes it: with `NaN`, `Infinity` and `-Infinity` where a float is none. */
import { parseJson } from "./json.js";

/**
 * @param nan  what stands for NaN: `null` where it means "no value" (a row that pandas has written), `Infinity` where a number
 *   that is none must be told from an absent one. Both are found with `Number.isFinite`.
 * @throws SyntaxError for what is no JSON even so
 */
export function parsePythonJson(text: string, nan: "null" | "Infinity"): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError) || !/NaN|Infinity/.test(text)) throw error;
  }
  return parseJson(outsideStrings(text, (part) => withoutWords(part, nan)));
}

/** 1e999 is the only kind of JSON number that is read as infinite. */
function withoutWords(part: string, nan: "null" | "Infinity"): string {
  return part.replace(/\b(?:NaN|Infinity)\b/g, (word) => (word === "NaN" && nan === "null" ? "null" : "1e999"));
}

/** By hand, not by one expression: a string in here may be an image of many megabytes. */
function outsideStrings(text: string, change: (part: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf('"', at);
    parts.push(change(text.slice(at, start < 0 ? undefined : start)));
    if (start < 0) break;
    at = endOfString(text, start);
    parts.push(text.slice(start, at));
  }
  return parts.join("");
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}
