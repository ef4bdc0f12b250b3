/** Python literals that data sets keep in text columns: `"['a', 'b']"` (MMMU's options, MP-DocVQA's answers). */

import { SampleFailure } from "./errors.js";

export type PythonLiteral =
  | null
  | boolean
  | number
  | string
  | readonly PythonLiteral[]
  | { readonly [key: string]: PythonLiteral };

/** A number with a point or an exponent: Python prints 1.0 as "1.0". */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** Of an exact reading: a list for whoever does not ask. */
export class PythonTuple extends Array<PythonValue> {}

/** What Python itself would hold: a dictionary keeps the order and the kinds of its keys, a whole number all its digits (`bigint` where `number` has not). */
export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | readonly PythonValue[]
  | ReadonlyMap<PythonValue, PythonValue>;

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
const numberPattern = /[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?/y;
/** In Python's own words a number may have another base, and blanks behind its sign. */
const exactNumberPattern = new RegExp(
  `[+-]?[ \\t\\f]*(?:0(?:[xX](?:_?[\\da-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)|${numberPattern.source.replace("[+-]?", "")})`,
  "y",
);
const names: Readonly<Record<string, () => PythonLiteral>> = { None: () => null, True: () => true, False: () => false };
/** Of `json.loads`, which reads more than JSON. */
const jsonNames: Readonly<Record<string, () => PythonLiteral>> = {
  null: () => null,
  true: () => true,
  false: () => false,
  NaN: () => held(new PythonFloat(Number.NaN)),
  Infinity: () => held(new PythonFloat(Number.POSITIVE_INFINITY)),
  "-Infinity": () => held(new PythonFloat(Number.NEGATIVE_INFINITY)),
};
const maxDepth = 100;

/**
 * `ast.literal_eval` for strings, numbers, `None`, `True`, `False`, lists, tuples and dictionaries.
 *
 * @throws RangeError for anything else
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  return new LiteralReader(text, { numpy: false, numbersAsText: false }).whole();
}

/**
 * The same with nothing lost.
 *
 * @param json  the text is JSON that `JSON.parse` reads
 * @throws RangeError for anything else
 */
export function parsePythonValue(text: string, json: boolean): PythonValue {
  return new LiteralReader(text, {
    numpy: false,
    numbersAsText: false,
    exact: json ? "json" : "python",
  }).whole() as PythonValue;
}

/**
 * A list as Python, numpy or JSON prints it. `['a' 'b']` is numpy's list of two: Python would read one text, but never prints that.
 *
 * @param numbersAsText  `[1.50]` is the list of "1.50", as where texts are wanted
 * @throws RangeError for anything else
 */
export function parseListCell(text: string, numbersAsText: boolean): PythonLiteral {
  const forms = [
    () => new LiteralReader(text, { numpy: true, numbersAsText }).whole(),
    () => new LiteralReader(text, { numpy: false, numbersAsText }).whole(),
    () => JSON.parse(text) as PythonLiteral,
  ];
  let reason: unknown;
  for (const read of forms) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error;
      reason ??= error;
    }
  }
  throw reason;
}

/**
 * The items of a list of strings in a cell; a single string is a list of one.
 *
 * @throws SampleFailure (`data`) when the cell holds no such list: that sample cannot be asked, the others can
 */
export function parseStringList(text: string): string[] {
  let value: PythonLiteral;
  try {
    value = parseListCell(text, true);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SampleFailure("data", `the cell ${error.message}`, { cause: error });
  }
  return (Array.isArray(value) ? value : [value]).map(pythonText);
}

/** Whether all items of a cell that `parseStringList` reads are texts or numbers: of `None`, or a list among them, it makes words that nobody wrote. */
export function isTextList(cell: string): boolean {
  const value = parseListCell(cell, true);
  return (Array.isArray(value) ? value : [value]).every((item) => typeof item === "string");
}

/** A list as a cell keeps it, for files that hold a list where the benchmark has its text. */
export function writeStringList(items: readonly unknown[]): string {
  // JSON's strings are Python's, but for what stands beyond 16 bits, which both write as it is.
  return `[${items.map((item) => (typeof item === "string" ? JSON.stringify(item) : pythonText(item as PythonLiteral))).join(", ")}]`;
}

/** `str(item)`, as far as items of a list of texts go. */
function pythonText(item: PythonLiteral): string {
  if (item === null) return "None";
  if (typeof item === "boolean") return item ? "True" : "False";
  return typeof item === "object" ? JSON.stringify(item) : String(item);
}

/** Of an exact reading, whose caller knows what it holds. */
const held = (value: PythonFloat | PythonTuple | bigint | ReadonlyMap<unknown, unknown>) =>
  value as unknown as PythonLiteral;

interface Reading {
  /** Items may stand beside each other without commas; then no two strings are one. */
  readonly numpy: boolean;
  readonly numbersAsText: boolean;
  /** Floats stay floats and dictionaries Maps, in this language's words. */
  readonly exact?: "json" | "python";
}

/** A list or a dictionary, which Python takes for no key. */
const isUnhashable = (key: unknown): boolean =>
  key instanceof Map || (Array.isArray(key) && (!(key instanceof PythonTuple) || key.some(isUnhashable)));

class LiteralReader {
  private at = 0;
  constructor(
    private readonly text: string,
    private readonly reading: Reading,
  ) {}

  whole(): PythonLiteral {
    const value = this.value(0);
    const items = this.reading.exact === "python" ? this.behind(value) : undefined;
    this.skipBlanks();
    if (this.at < this.text.length) throw this.error("has text after the literal");
    return items === undefined ? value : this.tuple(items);
  }

  /** A tuple needs no brackets, if it stands in one line: `[1, 2], [3, 4]`. Undefined for a value without a comma. */
  private behind(first: PythonLiteral): PythonLiteral[] | undefined {
    const items = [first];
    for (let comma = false; ; comma = true) {
      this.skipBlanks(" \t\f");
      if (this.text[this.at] !== ",") return items.length > 1 || comma ? items : undefined;
      this.at++;
      this.skipBlanks(" \t\f");
      if ("\r\n".includes(this.text[this.at] ?? "\n")) return items;
      items.push(this.value(1));
    }
  }

  private value(depth: number): PythonLiteral {
    if (depth > maxDepth) throw this.error("is nested too deeply");
    this.skipBlanks();
    // Python 2 printed texts as u'a', and Python 3 reads them.
    if (this.reading.exact === "python" && /^[uU]['"]/.test(this.text.slice(this.at, this.at + 2))) this.at++;
    const start = this.text[this.at] ?? "";
    if (start === "[" || start === "(") return this.list(start === "[" ? "]" : ")", depth);
    if (start === "{") return this.dictionary(depth);
    if (start === "'" || start === '"') return this.reading.numpy ? this.string() : this.adjacentStrings();
    if (this.reading.numpy && this.text.startsWith("array(", this.at)) return this.array(depth);
    for (const [name, value] of Object.entries(this.reading.exact === "json" ? jsonNames : names)) {
      if (!this.text.startsWith(name, this.at)) continue;
      this.at += name.length;
      return value();
    }
    const pattern = this.reading.exact === "python" ? exactNumberPattern : numberPattern;
    pattern.lastIndex = this.at;
    const number = pattern.exec(this.text)?.[0];
    if (number === undefined) throw this.error("is no Python literal");
    this.at += number.length;
    return this.number(number);
  }

  private number(text: string): PythonLiteral {
    if (this.reading.numbersAsText) return text;
    const bare = text.replace(/[_ \t\f]/g, "");
    if (this.reading.exact === undefined) return Number(bare);
    const based = /^[+-]?(?=0[xob])/i.exec(bare);
    if (based === null && /[.eE]/.test(bare)) return held(new PythonFloat(Number(bare)));
    if (based === null && /^[+-]?0\d*[1-9]/.test(bare)) throw this.error("has a number with a leading zero");
    const size = BigInt(bare.replace(/^[+-]/, ""));
    const whole = bare.startsWith("-") ? -size : size;
    const value = Number(whole);
    if (!Number.isSafeInteger(value)) return held(whole);
    return value;
  }

  private list(close: string, depth: number): PythonLiteral {
    this.at++;
    const items: PythonLiteral[] = [];
    let comma = false;
    let commas = 0;
    for (;;) {
      this.skipBlanks();
      if (this.text[this.at] === close) break;
      if (items.length > 0) {
        commas += comma ? 1 : 0;
        // numpy puts commas nowhere or, inside `array()`, everywhere.
        const without = this.reading.numpy && commas === 0;
        if (comma ? commas !== items.length : !without) throw this.error("lacks a comma");
      }
      items.push(this.value(depth + 1));
      this.skipBlanks();
      comma = this.text[this.at] === ",";
      if (comma) this.at++;
    }
    this.at++;
    // `("a")` is the string itself, `("a",)` a tuple.
    if (close === "]") return items;
    return items.length === 1 && !comma ? (items[0] ?? null) : this.tuple(items);
  }

  private tuple(items: readonly PythonLiteral[]): PythonLiteral {
    if (this.reading.exact === undefined) return items;
    const tuple = new PythonTuple();
    tuple.push(...(items as unknown as readonly PythonValue[]));
    return held(tuple);
  }

  private dictionary(depth: number): PythonLiteral {
    this.at++;
    const entries: [PythonLiteral, PythonLiteral][] = [];
    for (let comma = true; ; ) {
      this.skipBlanks();
      if (this.text[this.at] === "}") break;
      if (!comma) throw this.error("lacks a comma");
      const key = this.value(depth + 1);
      if (this.reading.exact === "python" && isUnhashable(key)) throw this.error("has a key that is none");
      this.skipBlanks();
      if (this.text[this.at] !== ":") throw this.error("is no Python literal");
      this.at++;
      entries.push([key, this.value(depth + 1)]);
      this.skipBlanks();
      comma = this.text[this.at] === ",";
      if (comma) this.at++;
    }
    this.at++;
    if (this.reading.exact !== undefined) return held(new Map(entries));
    return Object.fromEntries(entries.map(([key, value]) => [typeof key === "string" ? key : pythonText(key), value]));
  }

  /** `array(['a', 'b'], dtype=object)` */
  private array(depth: number): PythonLiteral {
    this.at += "array(".length;
    const value = this.value(depth + 1);
    const rest = /\s*(?:,\s*dtype=[\w.'<>|]+\s*)?\)/y;
    rest.lastIndex = this.at;
    const end = rest.exec(this.text);
    if (end === null) throw this.error("is no Python literal");
    this.at += end[0].length;
    return value;
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
    let end = this.text.indexOf(quote, start);
    // From mark to mark: a string in here may be an image of many megabytes.
    for (;;) {
      if (end < 0) throw this.error("has an unclosed string");
      const piece = this.text.slice(start, end);
      if (this.reading.exact === "python" && piece.includes("\n")) throw this.error("has an unclosed string");
      const backslash = piece.indexOf("\\");
      if (backslash < 0) {
        this.at = end + 1;
        return pieces.concat(piece).join("");
      }
      this.at = start + backslash;
      pieces.push(piece.slice(0, backslash), this.escape());
      start = this.at;
      if (end < start) end = this.text.indexOf(quote, start);
    }
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
    return escapes[kind] ?? (this.reading.exact === "json" ? kind : `\\${kind}`);
  }

  private skipBlanks(blanks = " \t\n\r\f"): void {
    for (;;) {
      while (blanks.includes(this.text[this.at] ?? "-")) this.at++;
      if (this.reading.exact !== "python" || this.text[this.at] !== "#") return;
      const end = this.text.indexOf("\n", this.at);
      this.at = end < 0 ? this.text.length : end;
    }
  }

  private error(what: string): RangeError {
    return new RangeError(`${JSON.stringify(this.text.slice(0, 40))} ${what} (character ${this.at})`);
  }
}
