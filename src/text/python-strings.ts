/**
 * String rules of Python 3, which every reference scorer relies on.
 *
 * JavaScript differs where it hurts: `trim` removes U+FEFF and keeps \x1c-\x1f and \x85, `length` counts UTF-16 units,
 * `\d \w \s \b` are ASCII-only. Scores come from Python scripts, so these functions follow `str` of CPython 3.11.
 */

/** What `str.isspace` accepts, as the inside of a regex class. */
export const PYTHON_SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** What Python's Unicode `\w` accepts, as the inside of a regex class (needs the `u` flag). */
export const PYTHON_WORD = "\\p{L}\\p{N}_";

/** Whether the UTF-16 unit is white space for Python (all of it lies in the basic plane). */
export function isPythonSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || (unit >= 0x1c && unit <= 0x1f);
  if (unit < 0x85) return false;
  return (
    unit === 0x85 ||
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

function stripWhere(text: string, drop: (unit: number) => boolean, side: "right" | "both"): string {
  let start = 0;
  let end = text.length;
  if (side === "both") while (start < end && drop(text.charCodeAt(start))) start++;
  while (end > start && drop(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** `str.strip(characters)`; `characters` are units of the basic plane, by default Python's white space. */
export function strip(text: string, characters?: string): string {
  return stripWhere(text, characters === undefined ? isPythonSpace : oneOf(characters), "both");
}

/** `str.rstrip(characters)`. */
export function rstrip(text: string, characters?: string): string {
  return stripWhere(text, characters === undefined ? isPythonSpace : oneOf(characters), "right");
}

function oneOf(characters: string): (unit: number) => boolean {
  return (unit) => characters.includes(String.fromCharCode(unit));
}

/** `str.split()` without an argument: words between runs of white space, no empty ones. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    if (isPythonSpace(text.charCodeAt(i))) {
      if (start >= 0) words.push(text.slice(start, i));
      start = -1;
    } else if (start < 0) start = i;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}

/** `" ".join(text.split())`. */
export function collapseSpaces(text: string): string {
  return splitWords(text).join(" ");
}

const lineBreaks = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** `str.splitlines()`: Python breaks at more characters than `\n`, and a final break opens no empty line. */
export function splitLines(text: string): string[] {
  const lines = text.split(lineBreaks);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `str.lower()`; JavaScript has the same full mapping (final sigma, `İ` to two characters). */
export function lower(text: string): string {
  return text.toLowerCase();
}

/** `str.upper()`; the same full mapping (`ß` to `SS`). */
export function upper(text: string): string {
  return text.toUpperCase();
}

const surrogate = /[\ud800-\udfff]/;

/** The characters Python sees: code points, not UTF-16 units. */
export function characters(text: string): string[] {
  return surrogate.test(text) ? Array.from(text) : text.split("");
}

/** `len(text)`. */
export function length(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** `text[:count]`. */
export function firstCharacters(text: string, count: number): string {
  const units = text.slice(0, count * 2);
  return surrogate.test(units) ? Array.from(units).slice(0, count).join("") : text.slice(0, count);
}
