/** Numbers as Python 3 reads, prints and rounds them. */

import { isPythonSpace, strip } from "./python-strings.js";

const decimalDigit = /\p{Nd}/u;

const nonAscii = /[^\x00-\x7f]/;

/** Turns every decimal digit of any script into ASCII and every white space into a blank, as `float()` and `int()` do. */
function asciiDigits(text: string): string {
  if (!nonAscii.test(text)) return text;
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) out += character;
    else if (isPythonSpace(code)) out += " ";
    else if (decimalDigit.test(character)) out += String(digitValue(code));
    else out += character;
  }
  return out;
}

// Unicode keeps decimal digits in runs of ten (or several tens), 0 first.
function digitValue(code: number): number {
  let start = code;
  while (start > 0 && decimalDigit.test(String.fromCodePoint(start - 1))) start--;
  return (code - start) % 10;
}

// float() and int() do not strip \x1c-\x1f, although str.strip() does.
const numberSpace = " \t\n\v\f\r";

const floatPattern = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;

const notFinitePattern = /^([+-]?)(inf|infinity|nan)$/i;

/** `float(text)`; `undefined` where Python raises ValueError. */
export function parseFloatPython(text: string): number | undefined {
  const body = strip(asciiDigits(text), numberSpace);
  if (floatPattern.test(body)) return Number(body.replaceAll("_", ""));
  const special = notFinitePattern.exec(body);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === "nan") return Number.NaN;
  return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const intPattern = /^[+-]?\d+(?:_\d+)*$/;

/** `int(text)` as a number (exact up to 2^53); `undefined` where Python raises ValueError. */
export function parseIntPython(text: string): number | undefined {
  const body = strip(asciiDigits(text), numberSpace);
  return intPattern.test(body) ? Number(body.replaceAll("_", "")) : undefined;
}

/** `str(value)` of a Python float: `5.0`, `1e+16`, `1e-05`, `inf`, `nan`. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const plain =
    exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, "").length - 1 - exponent) : plainDigits(mantissa, exponent);
  return plain.includes(".") ? plain : `${plain}.0`;
}

function plainDigits(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "").padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${digits.slice(0, exponent + 1)}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * `"{:.{digits}f}".format(value)`: rounds the binary double half to even.
 *
 * `toFixed` also works on the exact double, but takes the larger neighbour on a tie; only ties need care.
 */
export function formatFixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (size >= 1e21) return `${sign}${BigInt(size)}${digits > 0 ? `.${"0".repeat(digits)}` : ""}`;
  const up = size.toFixed(digits);
  const exact = size.toFixed(100);
  const tail = exact.slice(exact.indexOf(".") + 1 + digits);
  if (!/^50*$/.test(tail)) return sign + up;
  const lastDigit = Number(up.at(-1));
  return sign + (lastDigit % 2 === 0 ? up : truncate(exact, digits));
}

function truncate(exact: string, digits: number): string {
  const point = exact.indexOf(".");
  return digits === 0 ? exact.slice(0, point) : exact.slice(0, point + 1 + digits);
}

/** `round(value, digits)` of a Python float, digits >= 0. */
export function roundHalfEven(value: number, digits = 0): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  return Number(formatFixed(value, digits));
}
