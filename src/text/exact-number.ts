/**
 * Numbers that stay exact fractions while they are small enough, as Python's integers do: `(3^1008 - 1) / 3^1009` is 1/3,
 * which doubles cannot reach. Results beyond `maxBits` and irrational ones continue as doubles.
 */

interface Fraction {
  readonly n: bigint;
  /** Positive. */
  readonly d: bigint;
}
export type ExactNumber = number | Fraction;

const maxBits = 8192;

export function fraction(n: bigint, d = 1n): ExactNumber {
  if (d === 0n) return Number.NaN;
  const signed = d < 0n ? { n: -n, d: -d } : { n, d };
  return bits(signed.n) > maxBits || bits(signed.d) > maxBits ? toNumber(signed) : signed;
}

/** A decimal as written: `12`, `0.5`, `1,000.25`. */
export function decimal(text: string): ExactNumber {
  const [whole = "", part = ""] = text.replaceAll(",", "").split(".");
  if (whole.length + part.length > 300) return Number(`${whole}.${part}`);
  return fraction(BigInt(whole + part || "0"), 10n ** BigInt(part.length));
}

export function toNumber(value: ExactNumber): number {
  if (typeof value === "number") return value;
  // 64 more bits of quotient than a double holds; the shift is undone in floating point.
  const shift = Math.max(0, bits(value.d) - bits(value.n) + 64);
  return Number((value.n << BigInt(shift)) / value.d) / 2 ** shift;
}

export function add(a: ExactNumber, b: ExactNumber): ExactNumber {
  if (typeof a === "number" || typeof b === "number") return toNumber(a) + toNumber(b);
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function negate(a: ExactNumber): ExactNumber {
  return typeof a === "number" ? -a : { n: -a.n, d: a.d };
}

export function multiply(a: ExactNumber, b: ExactNumber): ExactNumber {
  if (typeof a === "number" || typeof b === "number") return toNumber(a) * toNumber(b);
  return fraction(a.n * b.n, a.d * b.d);
}

export function divide(a: ExactNumber, b: ExactNumber): ExactNumber {
  if (typeof a === "number" || typeof b === "number") return toNumber(a) / toNumber(b);
  return fraction(a.n * b.d, a.d * b.n);
}

export function power(base: ExactNumber, exponent: ExactNumber): ExactNumber {
  const times = toNumber(exponent);
  const exact =
    typeof base !== "number" && Number.isInteger(times) && (bits(base.n) + bits(base.d)) * Math.abs(times) <= maxBits;
  if (!exact) return toNumber(base) ** times;
  const size = BigInt(Math.abs(times));
  return times < 0 ? fraction(base.d ** size, base.n ** size) : fraction(base.n ** size, base.d ** size);
}

function bits(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}
