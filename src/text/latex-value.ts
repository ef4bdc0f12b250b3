/**
 * The value of a LaTeX (or plain) expression made of numbers: `\frac{1}{2}`, `2\sqrt{3}`, `3\pi`, `(1+2)^2`, `8:5`, `50\%`.
 *
 * For comparing answers only. A symbol has the value that the caller gives it; anything with another symbol or command has no value. One pass, bounded depth and length:
 * hostile nesting is "no value", never a crash.
 */

import { add, decimal, divide, type ExactNumber, fraction, multiply, negate, power, toNumber } from "./exact-number.js";

const maxDepth = 200;
const maxLength = 5000;

/** What a letter (`x`, `\\alpha`, `v_{0}`) stands for. */
export type SymbolValue = (name: string) => number | undefined;

/** The value, `undefined` if the text is no numeric expression. */
export function latexValue(text: string, symbolValue?: SymbolValue): number | undefined {
  if (text.length > maxLength) return undefined;
  try {
    const parser = new Parser(text, symbolValue);
    const value = toNumber(parser.sum(0));
    return parser.atEnd() && Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (error instanceof NotNumeric) return undefined;
    throw error;
  }
}

class NotNumeric extends Error {}

const tokenPattern = /\\[a-zA-Z]+|\\.|\d+(?:,\d{3})+(?:\.\d+)?(?!\d)|\d*\.?\d+|\S/gy;
const spaces = /\s+/g;
// The reference's grammar knows `\pi` but neither "π" nor a bare "%": answers with those are wrong in committed scores.
const constants: Readonly<Record<string, number>> = { "\\pi": Math.PI };
const functions: Readonly<Record<string, (x: number) => number>> = {
  "\\sin": Math.sin,
  "\\cos": Math.cos,
  "\\tan": Math.tan,
  "\\ln": Math.log,
  "\\log": Math.log10,
  "\\exp": Math.exp,
};
const spacing = new Set(["$", "\\,", "\\;", "\\:", "\\ ", "\\quad", "\\left", "\\right", "\\displaystyle"]);
const multiplication = new Set(["*", "\\times", "\\cdot", "×", "·"]);
// A ratio is a quotient: `8:5`.
const division = new Set(["/", ":", "\\div", "÷"]);
const closing: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]" };
// Letters, and commands that name one. Words in \\text are none.
const symbol =
  /^(?:[a-zA-Z]|\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega|ell))$/;
const operand = /^(?:\d|\.\d|\\frac$|\\sqrt$)/;

class Parser {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(
    text: string,
    private readonly symbolValue?: SymbolValue,
  ) {
    const words = text.split(spaces).flatMap((word) => word.match(tokenPattern) ?? []);
    this.tokens = words.filter((token) => !spacing.has(token));
  }

  /** The reference's grammar stops at a brace that was never opened or a period and ignores the rest: `\frac{1}{2}}{cm`. */
  atEnd(): boolean {
    const next = this.tokens[this.at];
    return next === undefined || next === "}" || next === "." || (next === "\\}" && this.symbolValue !== undefined);
  }

  sum(depth: number): ExactNumber {
    if (depth > maxDepth) throw new NotNumeric();
    let value = this.product(depth);
    for (;;) {
      if (this.take("+")) value = add(value, this.product(depth));
      else if (this.take("-")) value = add(value, negate(this.product(depth)));
      else return value;
    }
  }

  private product(depth: number): ExactNumber {
    let value = this.signed(depth);
    for (;;) {
      const next = this.tokens[this.at];
      if (next === undefined) return value;
      if (multiplication.has(next)) {
        this.at++;
        value = multiply(value, this.signed(depth));
      } else if (division.has(next)) {
        this.at++;
        value = divide(value, this.signed(depth));
      } else if (next in closing || next in constants || next in functions || operand.test(next) || this.isSymbol(next))
        value = multiply(value, this.power(depth));
      else return value;
    }
  }

  private signed(depth: number): ExactNumber {
    let negative = false;
    for (;;) {
      if (this.take("-")) negative = !negative;
      else if (!this.take("+")) break;
    }
    const value = this.power(depth);
    return negative ? negate(value) : value;
  }

  private power(depth: number): ExactNumber {
    let base = this.factor(depth);
    for (;;) {
      if (this.take("^")) base = power(base, this.exponent(depth + 1));
      else if (this.take("!")) base = factorial(toNumber(base));
      else if (this.take("\\%")) base = divide(base, fraction(100n));
      else return base;
    }
  }

  private exponent(depth: number): ExactNumber {
    if (depth > maxDepth) throw new NotNumeric();
    return this.signed(depth);
  }

  private factor(depth: number): ExactNumber {
    if (depth > maxDepth) throw new NotNumeric();
    const token = this.tokens[this.at++];
    if (token === undefined) throw new NotNumeric();
    const close = closing[token];
    if (close !== undefined) return this.until(close, depth);
    const constant = constants[token];
    if (constant !== undefined) return constant;
    const apply = functions[token];
    if (apply !== undefined) return apply(toNumber(this.power(depth + 1)));
    if (token === "\\frac") return divide(this.argument(depth), this.argument(depth));
    if (token === "\\sqrt") {
      const degree = this.take("[") ? toNumber(this.until("]", depth)) : 2;
      const radicand = toNumber(this.argument(depth));
      return degree === 2 ? Math.sqrt(radicand) : radicand ** (1 / degree);
    }
    if (token === "|") return Math.abs(toNumber(this.until("|", depth)));
    if (/\d/.test(token)) return decimal(token);
    const value = this.isSymbol(token) ? this.symbolValue?.(token + this.subscript()) : undefined;
    if (value === undefined) throw new NotNumeric();
    return value;
  }

  private isSymbol(token: string): boolean {
    return this.symbolValue !== undefined && symbol.test(token);
  }

  private subscript(): string {
    if (!this.take("_")) return "";
    const start = this.at;
    if (this.take("{")) while (this.at < this.tokens.length && !this.take("}")) this.at++;
    else this.at++;
    return `_${this.tokens.slice(start, this.at).join("").replace(/[{}]/g, "")}`;
  }

  private until(close: string, depth: number): ExactNumber {
    const value = this.sum(depth + 1);
    if (!this.take(close)) throw new NotNumeric();
    return value;
  }

  /** `{…}`, or the next number: `\frac12` reads 12, as the reference's grammar does, and then lacks its second argument. */
  private argument(depth: number): ExactNumber {
    return this.take("{") ? this.until("}", depth) : this.factor(depth + 1);
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }
}

function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170) throw new NotNumeric();
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
}
