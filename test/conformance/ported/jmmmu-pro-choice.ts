/**
 * The option-letter parser of JMMMU-Pro, as lmms-eval has it: a letter after a word such as "answer" or 正解, otherwise
 * the last letter that stands alone outside a line listing an option.
 *
 * The reference's patterns repeat overlapping classes and take quadratic time on long runs of blanks or brackets; the
 * scanners below accept the same texts in one pass.
 */

import { isPythonSpace, PYTHON_WORD, splitLines, strip, upper } from "../../../src/text/python-strings.js";

const fullWidthLetters = /[Ａ-Ｚ]/g;
const cue = /answer|final|correct|solution|ans|正解|答え|解答/giu;
const optionLine = /^(?:[-*・>•]\s*)?[A-ZＡ-Ｚａ-ｚİıſ\u212a][.)、。：:]/iu;
const openers = "【[(*_-";
const closers = "】])*_-";
const plainClosers = "】])*";
const wordCharacter = new RegExp(`[${PYTHON_WORD}]`, "u");
// Python's IGNORECASE lets four letters outside ASCII match `[A-Z]`.
const letterCharacter = /[A-Za-zİıſ\u212a]/;

/** The letter (not checked against the options), `undefined` when none is found. */
export function parseJmmmuProChoice(answer: string): string | undefined {
  const text = answer.replace(fullWidthLetters, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0));
  const lines = splitLines(text)
    .map((line) => strip(line))
    .filter((line) => line !== "");
  if (lines[0] === undefined) return undefined;
  return cuedLetter(lines[0]) ?? cuedLetter(text) ?? lastLoneLetter(lines);
}

function cuedLetter(text: string): string | undefined {
  for (const found of text.matchAll(cue)) {
    // "ans" is also tried where the text has "answer": the alternatives are tried in this order.
    const words = found[0].length === 6 && /^answer$/i.test(found[0]) ? [6, 3] : [found[0].length];
    for (const size of words) {
      const letter = letterAfter(text, found.index + size);
      if (letter !== undefined) return letter;
    }
  }
  return undefined;
}

function letterAfter(text: string, start: number): string | undefined {
  let at = start;
  if (text[at] === "は") at++;
  at = skipSpace(text, at);
  if (text[at] === ":" || text[at] === "：") at++;
  at = skipSpace(text, at);
  while (openers.includes(text[at] ?? " ")) at++;
  const letter = text[at] ?? "";
  return letterCharacter.test(letter) && endsAtBoundary(text, at, closers) ? upper(letter) : undefined;
}

function lastLoneLetter(lines: readonly string[]): string | undefined {
  let last: string | undefined;
  for (const line of lines) {
    if (optionLine.test(line)) continue;
    for (let i = 0; i < line.length; i++) {
      const letter = line[i] ?? "";
      if (letterCharacter.test(letter) && endsAtBoundary(line, i, plainClosers)) last = upper(letter);
    }
  }
  return last;
}

/** Whether some end of the run of closing marks after the letter is a word boundary (`[closers]*\b`). */
function endsAtBoundary(text: string, letterAt: number, marks: string): boolean {
  let wordBefore = true;
  for (let at = letterAt + 1; ; at++) {
    const next = text[at] ?? "";
    const wordAfter = next !== "" && wordCharacter.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
    if (wordBefore !== wordAfter) return true;
    if (next === "" || !marks.includes(next)) return false;
    wordBefore = wordAfter;
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isPythonSpace(text.charCodeAt(at))) at++;
  return at;
}
