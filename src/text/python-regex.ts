/**
 * Python 3 patterns as JavaScript regular expressions: `\d \w \s \b` know Unicode, `.` excludes only "\n", `$` also
 * matches before a final newline. For the patterns that benchmark scripts and task files contain; look-around and
 * quantifiers are the same in both languages.
 */

import { PYTHON_SPACE, PYTHON_WORD } from "./python-strings.js";

const wordClass = `[${PYTHON_WORD}]`;
const boundary = `(?:(?<=${wordClass})(?!${wordClass})|(?<!${wordClass})(?=${wordClass}))`;
const insideWord = `(?:(?<=${wordClass})(?=${wordClass})|(?<!${wordClass})(?!${wordClass}))`;

const outside: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: wordClass,
  W: `[^${PYTHON_WORD}]`,
  s: `[${PYTHON_SPACE}]`,
  S: `[^${PYTHON_SPACE}]`,
  b: boundary,
  B: insideWord,
  A: "(?<![^])",
  Z: "(?![^])",
};
const insideClass: Readonly<Record<string, string>> = { d: "\\p{Nd}", w: PYTHON_WORD, s: PYTHON_SPACE };
// Escapes that mean the same in both languages.
const shared = new Set([..."tnrvf0123456789xu"]);
const syntax = new Set([..."^$\\.*+?()[]{}|/"]);

/** Compiles `source` as Python's `re` would; `flags` are JavaScript's (`i`, `g`, `m`, `s`), `u` is added. */
export function pythonRegex(source: string, flags = ""): RegExp {
  const multiline = flags.includes("m");
  let out = "";
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const character = source.charAt(i);
    if (character === "\\") {
      i++;
      out += translateEscape(source.charAt(i), inClass);
    } else if (inClass) {
      if (character === "]") inClass = false;
      out += character === "[" ? "\\[" : character;
    } else if (character === "[") {
      inClass = true;
      out += character;
      if (source.charAt(i + 1) === "^") out += source.charAt(++i);
      if (source.charAt(i + 1) === "]") out += `\\${source.charAt(++i)}`; // a first "]" is a literal in Python
    } else if (character === "." && !flags.includes("s")) out += "[^\\n]";
    else if (character === "$" && !multiline) out += "(?=\\n?(?![^]))";
    else if (source.startsWith("(?P<", i)) {
      out += "(?<";
      i += 3;
    } else if (character === "{" && !/^\{\d*,?\d*\}/.test(source.slice(i))) out += "\\{";
    else if (character === "}" && !/\{\d*,?\d*$/.test(source.slice(0, i))) out += "\\}";
    else if (character === "]") out += "\\]";
    else out += character;
  }
  return new RegExp(out, `u${flags}`);
}

function translateEscape(character: string, inClass: boolean): string {
  const known = inClass ? insideClass[character] : outside[character];
  if (known !== undefined) return known;
  if (shared.has(character) || syntax.has(character) || (inClass && character === "-")) return `\\${character}`;
  return character;
}
