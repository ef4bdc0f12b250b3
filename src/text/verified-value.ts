/**
 * The value that the solver math-verify finds in an answer, as far as numbers go: in a box, between dollars, a fraction, else the last number
 * of a text. Sets, tuples and symbols have none here. Held by vectors of math-verify 0.9.0.
 */

import { latexValue } from "./latex-value.js";
import { boxed } from "./reasoned-answer.js";

const formula = /\$([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]/s;
const bareFraction = /-?\d*\\frac\{[^{}]*\}\{[^{}]*\}/;
/** No digit of a formula's argument: of `2\sqrt{3}` the 2, of `4:5` the 4. */
const number = /(?<![\w{(.,^:/])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:\/\d+)?(?!\d)%?/g;

/** None, one, or of a percentage two: it equals the number as well as the hundredth. */
export function verifiedValues(text: string): readonly number[] {
  const inner = boxed(text);
  if (inner !== "") {
    const values = inner.endsWith(".") ? [] : valuesOf(inner);
    return values.length > 0 || inner.endsWith(".") ? values : verifiedValues(inner);
  }
  const [, dollars, round, square] = formula.exec(text) ?? [];
  const found = dollars ?? round ?? square ?? bareFraction.exec(text)?.[0];
  if (found !== undefined) return valuesOf(found);
  const last = text.match(number)?.at(-1);
  return last === undefined ? [] : valuesOf(last.replaceAll(",", "").replace("+", ""));
}

function valuesOf(written: string): readonly number[] {
  const bare = written
    .replaceAll(/\\text\{[^{}]*\}|\^\{?\\circ\}?/g, "")
    .replaceAll(/\\[dt]frac/g, "\\frac")
    .replace(/^.*=/s, "");
  const [, share] = /^(.*?)\\?%\s*$/s.exec(bare) ?? [];
  const value = latexValue(share ?? bare);
  return value === undefined ? [] : share === undefined ? [value] : [value, value / 100];
}

/** To six decimals. */
export function sameVerifiedValue(a: string, b: string): boolean {
  const others = verifiedValues(b);
  return verifiedValues(a).some((x) => others.some((y) => Math.abs(x - y) < 1e-6));
}
