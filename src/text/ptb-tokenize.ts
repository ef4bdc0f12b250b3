/**
 * Captions as BLEU, ROUGE-L, METEOR and CIDEr see them: PTB tokens, lower case, punctuation dropped, one blank between
 * tokens. Follows pycocoevalcap's `ptbtokenizer.py`, which sends all captions through one tokenizer, one a line.
 */

import { droppedCharacters } from "./ptb-dropped.js";
import { tokenAt } from "./ptb-lexer.js";

// The reference's list. Brackets are in upper case there but come in lower case, so they stay in the caption.
const dropped = new Set([..."''|'|``|`|-LRB-|-RRB-|-LCB-|-RCB-|.|?|!|,|:|-|--|...|;".split("|")]);

export interface TokenizeOptions {
  /**
   * Tokenise as the reference does even where it goes wrong: a line break other than "\n" inside a caption opens another
   * line, and every later caption of the batch gets the tokens of the one before it. Default false: it is a blank.
   */
  readonly keepLineBreaks?: boolean;
}

/**
 * The tokenised form of each caption, in order. Only the last one is seen at the end of the input, where a few rules
 * have no right-hand context ("they've" falls apart); so the order of captions matters, as in the reference.
 */
export function tokenizeCaptions(captions: readonly string[], options: TokenizeOptions = {}): string[] {
  const tokenized: string[] = [];
  tokenizeEach(captions, (tokens) => tokenized.push(tokens.join(" ")), options);
  return tokenized;
}

/**
 * The same as tokens, one caption after the other and without building their text: `visit` is called once per caption.
 * `plain` promises that no token has white space inside ("1 1/2" may).
 */
export function tokenizeEach(
  captions: readonly string[],
  visit: (tokens: readonly string[], plain: boolean) => void,
  options: TokenizeOptions = {},
): void {
  const keep = options.keepLineBreaks === true;
  const lines = captions.map((caption) => oneLine(caption, keep));
  let visited = 0;
  for (let i = 0; i < lines.length && visited < captions.length; i++) {
    const line = lines[i] as string;
    const easy = i < lines.length - 1 ? easyCaption(line) : undefined;
    if (easy !== undefined) {
      visit(easy, true);
      visited++;
      continue;
    }
    for (const tokens of tokenLines(line, contextAfter(lines, i))) {
      if (visited === captions.length) return;
      visit(tokens.filter(isKept), false);
      visited++;
    }
  }
}

/** Tokens of every output line of one text that stands alone (at the end of input, or before `following`). */
export function ptbLines(text: string, following?: string): string[][] {
  return tokenLines(text.replaceAll("\n", " "), following === undefined ? "" : `\n${following}`);
}

/** What the caption metrics keep of a line's tokens. */
export function captionOf(tokens: readonly string[]): string {
  return tokens.filter(isKept).join(" ");
}

function isKept(token: string): boolean {
  return !dropped.has(token);
}

// Right-hand context reaches no further than this into the next captions: a first word or a tag, after blank lines.
const lookahead = 80;

/** The break after line `i` and the beginning of what follows, blank lines included. */
function contextAfter(lines: readonly string[], i: number): string {
  let context = "";
  for (let next = i + 1; next < lines.length && context.length < lookahead; next++)
    context += `\n${(lines[next] as string).slice(0, lookahead)}`;
  return i + 1 < lines.length ? context : "";
}

const anyBreak = /[\n\r\u2028\u2029\v\f]/;

function oneLine(caption: string, keepLineBreaks: boolean): string {
  if (!anyBreak.test(caption)) return caption;
  return caption.replace(keepLineBreaks ? /\n/g : /[\n\r\u2028\u2029\v\f]/g, " ");
}

/** The tokens of `text`, line by line; `following` is context only. */
function tokenLines(text: string, following: string): string[][] {
  const printed = `${text}${following}`;
  // Some rules take any character, so that a dropped one may still be printed.
  const input = printed.replace(droppedCharacters, "\ufffe");
  const lines: string[][] = [[]];
  let position = 0;
  while (position < text.length) {
    const unit = input.charCodeAt(position);
    if (isLineBreak(unit)) {
      position += unit === 13 && input.charCodeAt(position + 1) === 10 ? 2 : 1;
      // "\r" before the line break that ends the text is one break with it.
      if (position <= text.length) lines.push([]);
      continue;
    }
    const token = unit === 32 || unit === 9 ? undefined : tokenAt(input, position, printed);
    position += token?.length ?? 1; // no rule: a blank, or a character that is dropped
    if (token !== undefined && token.text !== "") lines.at(-1)?.push(token.text.toLowerCase());
  }
  return lines;
}

function isLineBreak(unit: number): boolean {
  return (unit >= 10 && unit <= 13) || unit === 0x2028 || unit === 0x2029;
}

// Nine captions in ten are plain words. A word between blanks has the same tokens wherever it stands, so they are looked
// up; a test holds that the short way and the lexer agree.
const easyWord = /^[A-Za-z]+(?:[-'][A-Za-z]+)*,?$/;
// What "No.", "op." or "Co." is depends on the first word of the next caption.
const easyLastWord = /^(?!(?:nos?|pp|figs?|art|ca|op|prop|co|pt[ey])\.)[A-Za-z]{2,}(?:[-'][A-Za-z]+)*\.?$/i;
const knownWords = new Map<string, readonly string[]>();
const knownLastWords = new Map<string, readonly string[]>();
const knownAtMost = 1 << 17;
const easyLength = 40;

/** The tokens of a caption before another line, or undefined when some word needs the lexer and its context. */
function easyCaption(line: string): string[] | undefined {
  const tokens: string[] = [];
  let start = 0;
  const end = line.endsWith(" ") ? line.trimEnd().length : line.length;
  while (start < end) {
    const blank = line.indexOf(" ", start);
    const last = blank < 0 || blank >= end;
    const word = line.slice(start, last ? end : blank);
    start += word.length + 1;
    if (word === "") continue;
    const own = last
      ? easyTokens(word, easyLastWord, knownLastWords, "\n")
      : easyTokens(word, easyWord, knownWords, " ");
    if (own === undefined) return undefined;
    for (const token of own) tokens.push(token);
  }
  return tokens;
}

function easyTokens(
  word: string,
  form: RegExp,
  known: Map<string, readonly string[]>,
  next: string,
): readonly string[] | undefined {
  const seen = known.get(word);
  if (seen !== undefined) return seen;
  if (word.length > easyLength || !form.test(word)) return undefined;
  const tokens = tokenLines(word, `${next}zz`).flat().filter(isKept);
  if (known.size >= knownAtMost) known.clear();
  known.set(word, tokens);
  return tokens;
}
