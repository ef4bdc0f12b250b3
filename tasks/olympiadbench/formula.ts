/**
 * A formula as sympy's `parse_latex` reads it, which the authors' judge asks: digits apart are one number, what stands side by side binds
 * before "/", `\sin 2\theta` is the sine of all of it, `n(n-1)` a function n, a command that it does not know a symbol.
 * Integrals, sums and limits are none here. One pass, bounded depth and length.
 */

type ValueOf = (name: string) => number;
type Term = (of: ValueOf) => number;

export interface Formula {
  readonly value: Term;
  readonly hasSymbols: boolean;
}

const maxDepth = 200;
const maxLength = 5000;

const SKIPPED = /\\[,:;!]|\\(?:q?quad|left|right|negthinspace|negmedspace|negthickspace)(?![a-zA-Z])/g;
// A letter behind a d is its differential.
const TOKEN =
  /d(?:[a-zA-Z]|\\[a-zA-Z]+)|\\[a-zA-Z]+|\\[{}]|\d+(?:,\d{3})+(?:\.\d+)?(?!\d)|\d*\.\d+|\d+|[a-zA-Z'()[\]{}|+\-*/:^_!.,]/gy;

const cot = (x: number) => 1 / Math.tan(x);
const FUNCTIONS = new Map<string, (x: number) => number>([
  ...(["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp"] as const).map((name) => [`\\${name}`, Math[name]] as const),
  ["\\cot", cot],
  ["\\sec", (x) => 1 / Math.cos(x)],
  ["\\csc", (x) => 1 / Math.sin(x)],
  ["\\arcsin", Math.asin],
  ["\\arccos", Math.acos],
  ["\\arctan", Math.atan],
  ["\\arccot", (x) => Math.atan(1 / x)],
  ["\\arcsec", (x) => Math.acos(1 / x)],
  ["\\arccsc", (x) => Math.asin(1 / x)],
  ["\\arsinh", Math.asinh],
  ["\\arcosh", Math.acosh],
  ["\\artanh", Math.atanh],
  ["\\ln", Math.log],
  ["\\log", Math.log],
  ["\\lg", Math.log10],
]);
const INVERSE = /^\\(?:sin|cos|tan|cot|sec|csc)$/;
const LOGARITHM = /^\\(?:ln|log|lg)$/;
const MULTIPLICATION = ["*", "\\times", "\\cdot"];
const DIVISION = ["/", ":", "\\div"];
const CLOSING: Readonly<Record<string, string>> = {
  ...{ "(": ")", "{": "}", "[": "]", "\\{": "\\}" },
  ...{ "\\lfloor": "\\rfloor", "\\lceil": "\\rceil" },
};
const ROUNDING: Readonly<Record<string, (x: number) => number>> = { "\\lfloor": Math.floor, "\\lceil": Math.ceil };
const FRACTION = /^\\[dt]?frac$/;
const BINOMIAL = /^\\[dt]?binom$/;
/** What sympy reads as more than a value, or not at all. */
const OTHER = /^\\(?:int|oint|sum|prod|lim|to|le|leq|leqslant|ge|geq|geqslant|neq|lt|gt|mathit|rfloor|rceil)$/;
const SYMBOL = /^(?:[a-zA-Z]|d[a-zA-Z\\].*|\\[a-zA-Z]+)$/;

class NoFormula extends Error {}

/** Undefined where it is none. */
export function formulaOf(text: string): Formula | undefined {
  if (text.length > maxLength) return undefined;
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  try {
    return new Parser(tokens).formula();
  } catch (error) {
    if (error instanceof NoFormula) return undefined;
    throw error;
  }
}

function tokensOf(text: string): string[] | undefined {
  const plain = text
    .replace(SKIPPED, " ")
    .replace(/(?<=[\d.])\s+(?=[\d.])/g, "")
    .replace(/(?<![a-zA-Z])d\s+(?=[a-zA-Z\\])/g, "d");
  const words = plain.split(/\s+/).filter((word) => word !== "");
  const tokens = words.map((word) => word.match(TOKEN) ?? []);
  return tokens.every((found, i) => found.join("") === words[i]) ? tokens.flat() : undefined;
}

class Parser {
  private at = 0;
  private bars = 0;
  private hasSymbols = false;

  constructor(private readonly tokens: string[]) {}

  /** A bracket that was never opened, a comma or a period ends it. */
  formula(): Formula {
    const value = this.sum(0);
    if (!["", ")", "]", "}", "\\}", ".", ","].includes(this.next())) throw new NoFormula();
    return { value, hasSymbols: this.hasSymbols };
  }

  private next(): string {
    return this.tokens[this.at] ?? "";
  }

  private take(...wanted: readonly string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.at++;
    return token;
  }

  private sum(depth: number): Term {
    if (depth > maxDepth) throw new NoFormula();
    let left = this.product(depth, true);
    for (let sign = this.take("+", "-"); sign !== undefined; sign = this.take("+", "-")) {
      const [first, second, factor] = [left, this.product(depth, true), sign === "-" ? -1 : 1];
      left = (of) => first(of) + factor * second(of);
    }
    return left;
  }

  /** @param takesFunctions whether a function may stand beside something; behind a sign of multiplication it always may */
  private product(depth: number, takesFunctions: boolean): Term {
    let left = this.sideBySide(depth, takesFunctions);
    for (let sign = this.take(...MULTIPLICATION, ...DIVISION); sign; sign = this.take(...MULTIPLICATION, ...DIVISION)) {
      const [first, second] = [left, this.sideBySide(depth, takesFunctions)];
      left = DIVISION.includes(sign) ? (of) => first(of) / second(of) : (of) => first(of) * second(of);
    }
    return left;
  }

  private sideBySide(depth: number, takesFunctions: boolean): Term {
    let negative = false;
    for (let sign = this.take("+", "-"); sign !== undefined; sign = this.take("+", "-"))
      if (sign === "-") negative = !negative;
    let left = this.powers(depth, true);
    while (this.isOperand(takesFunctions)) {
      const [first, second] = [left, this.powers(depth, takesFunctions)];
      left = (of) => first(of) * second(of);
    }
    const value = left;
    return negative ? (of) => -value(of) : value;
  }

  private isOperand(takesFunctions: boolean): boolean {
    const token = this.next();
    if (token === "|") return this.bars === 0;
    if (token in CLOSING || /^[\d.]*\d$/.test(token.replaceAll(",", ""))) return true;
    if (MULTIPLICATION.includes(token) || DIVISION.includes(token) || OTHER.test(token)) return false;
    const isFunction = FUNCTIONS.has(token) || token === "\\sqrt" || token === "\\overline";
    return SYMBOL.test(token) && (takesFunctions || !isFunction);
  }

  private powers(depth: number, takesFunctions: boolean): Term {
    let base = this.factor(depth, takesFunctions);
    for (;;) {
      const inner = base;
      if (this.take("^")) {
        const exponent = this.exponent(depth);
        this.subscript();
        base = (of) => inner(of) ** exponent(of);
      } else if (this.take("!")) base = (of) => factorial(inner(of));
      else return base;
    }
  }

  /** In braces, or a number, a symbol, a fraction. */
  private exponent(depth: number): Term {
    if (this.next() === "{") return this.group(depth);
    const token = this.next();
    if (token in CLOSING || token === "|" || FUNCTIONS.has(token) || token === "\\sqrt") throw new NoFormula();
    return this.factor(depth, false);
  }

  private group(depth: number): Term {
    const close = CLOSING[this.next()];
    if (close === undefined) throw new NoFormula();
    this.at++;
    const { bars } = this;
    this.bars = 0;
    const value = this.sum(depth + 1);
    this.bars = bars;
    if (!this.take(close)) throw new NoFormula();
    return value;
  }

  private factor(depth: number, takesFunctions: boolean): Term {
    if (depth > maxDepth) throw new NoFormula();
    const token = this.next();
    const round = ROUNDING[token];
    if (token in CLOSING) {
      const value = this.group(depth);
      return round ? (of) => round(value(of)) : value;
    }
    if (token === "" || OTHER.test(token)) throw new NoFormula();
    this.at++;
    const apply = FUNCTIONS.get(token);
    if (apply !== undefined) return this.applied(token, apply, depth);
    if (token === "|") return this.absolute(depth);
    if (FRACTION.test(token)) {
      const [upper, lower] = [this.argument(depth), this.argument(depth)];
      return (of) => upper(of) / lower(of);
    }
    if (BINOMIAL.test(token)) {
      const [n, k] = [this.group(depth), this.group(depth)];
      return (of) => binomial(n(of), k(of));
    }
    if (token === "\\sqrt") return this.root(depth);
    if (/\d/.test(token)) {
      const number = Number(token.replaceAll(",", ""));
      return () => number;
    }
    if (!SYMBOL.test(token)) throw new NoFormula();
    return this.symbol(token, depth, takesFunctions);
  }

  private absolute(depth: number): Term {
    this.bars++;
    const value = this.sum(depth + 1);
    this.bars--;
    if (!this.take("|")) throw new NoFormula();
    return (of) => Math.abs(value(of));
  }

  private root(depth: number): Term {
    const degree = this.next() === "[" ? this.group(depth) : () => 2;
    if (this.next() !== "{") throw new NoFormula();
    const value = this.group(depth);
    return (of) => (degree(of) === 2 ? Math.sqrt(value(of)) : value(of) ** (1 / degree(of)));
  }

  /** In braces, or one digit: `\frac12x`. */
  private argument(depth: number): Term {
    if (this.next() === "{") return this.group(depth);
    return this.digit();
  }

  private digit(): Term {
    const token = this.next();
    const [digit = ""] = token;
    if (!/^\d+$/.test(token)) throw new NoFormula();
    if (token.length === 1) this.at++;
    else this.tokens[this.at] = token.slice(1);
    return () => Number(digit);
  }

  /** `\sin^2 x`, `\log_2 8`, `\ln(2x)y`; without round brackets all that follows is its argument, up to the next function. */
  private applied(name: string, apply: (x: number) => number, depth: number): Term {
    let power: Term | undefined;
    let base: Term | undefined;
    for (let mark = this.take("^", "_"); mark !== undefined; mark = this.take("^", "_")) {
      if (mark === "^") power = this.exponent(depth);
      else
        base =
          this.next() === "{" ? this.group(depth) : /^\d/.test(this.next()) ? this.digit() : this.factor(depth, false);
    }
    const inside = this.next() === "(" ? this.group(depth) : this.product(depth + 1, false);
    const root = LOGARITHM.test(name) ? base : undefined;
    const value: Term = root ? (of) => Math.log(inside(of)) / Math.log(root(of)) : (of) => apply(inside(of));
    if (power === undefined) return value;
    const raised = power;
    const inverse = FUNCTIONS.get(name.replace("\\", "\\arc"));
    if (INVERSE.test(name) && inverse)
      return (of) => (raised(of) === -1 ? inverse(inside(of)) : value(of) ** raised(of));
    return (of) => value(of) ** raised(of);
  }

  private symbol(token: string, depth: number, takesFunctions: boolean): Term {
    let name = token;
    while (this.take("'")) name += "'";
    name += this.subscript();
    while (this.take("'")) name += "'";
    if (this.next() === "(" && takesFunctions) {
      const inside = this.list(depth);
      return (of) => of(`${name}(${inside.map((term) => term(of).toPrecision(9)).join()})`);
    }
    if (name === "\\infty") return () => Number.POSITIVE_INFINITY;
    if (name === "\\pi") return () => Math.PI;
    this.hasSymbols = true;
    return (of) => of(name);
  }

  private list(depth: number): readonly Term[] {
    this.at++;
    const terms = [this.sum(depth + 1)];
    while (this.take(",")) terms.push(this.sum(depth + 1));
    if (!this.take(")")) throw new NoFormula();
    return terms;
  }

  /** Its words, without the braces. */
  private subscript(): string {
    if (!this.take("_")) return "";
    const start = this.at;
    let depth = 0;
    do {
      const token = this.next();
      if (token === "") throw new NoFormula();
      depth += token === "{" ? 1 : token === "}" ? -1 : 0;
      this.at++;
    } while (depth > 0);
    return `_${this.tokens.slice(start, this.at).join("").replace(/[{}]/g, "")}`;
  }
}

/** sympy's, which knows it between the whole numbers too: a symbol's value lies there, and `(n+1)!` is `(n+1) n!` everywhere. */
function factorial(n: number): number {
  if (Number.isInteger(n)) return n >= 0 && n <= 170 ? binomialProduct(n, n) : Number.NaN;
  return gamma(n + 1);
}

const LANCZOS = [
  ...[0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059],
  ...[12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7],
];

/** By Lanczos' series (g = 7), to some 14 digits; of no whole number. */
function gamma(x: number): number {
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  const series = LANCZOS.reduce((sum, one, i) => sum + (i === 0 ? one : one / (x - 1 + i)), 0);
  const t = x + 6.5;
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * series;
}

function binomial(n: number, k: number): number {
  if (!Number.isInteger(k)) return factorial(n) / (factorial(k) * factorial(n - k));
  return k >= 0 && k <= 170 ? binomialProduct(n, k) / binomialProduct(k, k) : Number.NaN;
}

/** n (n - 1) ..., k factors. */
function binomialProduct(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product *= n - i;
  return product;
}
