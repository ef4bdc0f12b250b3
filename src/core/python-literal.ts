/** Python literals that data sets keep in text columns: `"['a', 'b']"` (MMMU's options, MP-DocVQA's answers). */

import { SampleFailure } from "./errors.js";

export type PythonLiteral = null | boolean | number | string | readonly PythonLiteral[];

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\n": "",
};
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const numberPattern = /[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const names: Readonly<Record<string, PythonLiteral>> = { None: null, True: true, False: false };
const maxDepth = 100;

/**
 * `ast.literal_eval` for strings, numbers, `None`, `True`, `False`, lists and tuples.
 *
 * @throws RangeError for anything else
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  reader.expectEnd();
  return value;
}

/**
 * The items of a list of strings in a cell; a single string is a list of one.
 *
 * @throws SampleFailure (`data`) when the cell holds no such list: that sample cannot be asked, the others can
 */
export function parseStringList(text: string): string[] {
  let value: PythonLiteral;
  try {
    value = parsePythonLiteral(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SampleFailure("data", `the cell ${error.message}`, { cause: error });
  }
  return (Array.isArray(value) ? value : [value]).map((item) => String(item));
}

class LiteralReader {
  private at = 0;
  constructor(private readonly text: string) {}

  value(depth: number): PythonLiteral {
    if (depth > maxDepth) throw this.error("is nested too deeply");
    this.skipBlanks();
    const start = this.text[this.at] ?? "";
    if (start === "[" || start === "(") return this.list(start === "[" ? "]" : ")", depth);
    if (start === "'" || start === '"') return this.adjacentStrings();
    for (const [name, value] of Object.entries(names)) {
      if (!this.text.startsWith(name, this.at)) continue;
      this.at += name.length;
      return value;
    }
    numberPattern.lastIndex = this.at;
    const number = numberPattern.exec(this.text)?.[0];
    if (number === undefined) throw this.error("is no Python literal");
    this.at += number.length;
    return Number(number.replaceAll("_", ""));
  }

  expectEnd(): void {
    this.skipBlanks();
    if (this.at < this.text.length) throw this.error("has text after the literal");
  }

  private list(close: string, depth: number): PythonLiteral {
    this.at++;
    const items: PythonLiteral[] = [];
    let comma = false;
    for (;;) {
      this.skipBlanks();
      if (this.text[this.at] === close) break;
      if (items.length > 0 && !comma) throw this.error("lacks a comma");
      items.push(this.value(depth + 1));
      this.skipBlanks();
      comma = this.text[this.at] === ",";
      if (comma) this.at++;
    }
    this.at++;
    // `("a")` is the string itself, `("a",)` a tuple.
    return close === ")" && items.length === 1 && !comma ? (items[0] ?? null) : items;
  }

  private adjacentStrings(): string {
    let value = this.string();
    for (;;) {
      this.skipBlanks();
      const next = this.text[this.at];
      if (next !== "'" && next !== '"') return value;
      value += this.string();
    }
  }

  private string(): string {
    const quote = this.text[this.at] as string;
    const pieces: string[] = [];
    let start = ++this.at;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) throw this.error("has an unclosed string");
      if (character === quote) break;
      if (character === "\\") {
        pieces.push(this.text.slice(start, this.at), this.escape());
        start = this.at;
      } else this.at++;
    }
    pieces.push(this.text.slice(start, this.at++));
    return pieces.join("");
  }

  /** Python keeps the backslash of an escape that it does not know. */
  private escape(): string {
    const kind = this.text[this.at + 1] ?? "";
    const size = hexDigits[kind];
    if (size !== undefined) {
      const digits = this.text.slice(this.at + 2, this.at + 2 + size);
      const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === size ? Number.parseInt(digits, 16) : Number.NaN;
      if (!(code <= 0x10ffff)) throw this.error("has a broken escape");
      this.at += 2 + size;
      return String.fromCodePoint(code);
    }
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (octal !== undefined) {
      this.at += 1 + octal.length;
      return String.fromCharCode(Number.parseInt(octal, 8));
    }
    this.at += 2;
    return escapes[kind] ?? `\\${kind}`;
  }

  private skipBlanks(): void {
    while (" \t\n\r\f".includes(this.text[this.at] ?? "-")) this.at++;
  }

  private error(what: string): RangeError {
    return new RangeError(`${JSON.stringify(this.text.slice(0, 40))} ${what} (character ${this.at})`);
  }
}
