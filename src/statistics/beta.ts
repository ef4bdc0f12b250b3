/** The beta distribution and what follows from it: Student's t. */

import { normalQuantile } from "./normal.js";

const lanczos = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln(gamma(x)) for x > 0; Stirling's series from 20 up, where Lanczos would lose digits to cancellation. */
export function logGamma(x: number): number {
  if (x >= 20) return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + stirling(x);
  const z = x - 1;
  let sum = lanczos[0] as number;
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] as number) / (z + i);
  const t = z + lanczos.length - 1.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

function stirling(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x;
}

/** ln(1 / B(a, b)); the two large logarithms of a lopsided beta are subtracted before they are rounded. */
function logInverseBeta(a: number, b: number): number {
  const large = Math.max(a, b);
  const small = Math.min(a, b);
  if (large < 20) return logGamma(a + b) - logGamma(a) - logGamma(b);
  const ratio =
    (large - 0.5) * Math.log1p(small / large) +
    small * (Math.log(large + small) - 1) +
    stirling(large + small) -
    stirling(large);
  return ratio - logGamma(small);
}

/** The regularised incomplete beta function I_x(a, b): P(X <= x) for X ~ Beta(a, b), a, b > 0. */
export function betaCdf(x: number, a: number, b: number): number {
  if (!(x > 0)) return x <= 0 ? 0 : Number.NaN;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logInverseBeta(a, b));
  const lower = x < (a + 1) / (a + b + 2);
  return lower ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Lentz's method for the continued fraction of I_x(a, b). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const nonZero = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return fraction;
}

/** The x with I_x(a, b) = p: bisection kept inside a bracket, Newton steps where they stay in it. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  const logConstant = logInverseBeta(a, b);
  for (let i = 0; i < 200; i++) {
    const error = betaCdf(x, a, b) - p;
    if (error > 0) high = x;
    else low = x;
    const density = Math.exp(logConstant + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
    let next = x - error / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - x) <= 1e-16 * x) return next;
    x = next;
  }
  return x;
}

/** P(|T| >= |t|) for Student's t with `df` > 0 degrees of freedom. */
export function tTwoSided(t: number, df: number): number {
  if (Number.isNaN(t)) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  return betaCdf(df / (df + t * t), df / 2, 0.5);
}

/** The t with P(T <= t) = p for Student's t with `df` > 0 degrees of freedom (infinite df: normal). */
export function tQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (p === 0.5) return 0;
  if (!Number.isFinite(df)) return normalQuantile(p);
  const tail = 2 * Math.min(p, 1 - p);
  // T^2 / (df + T^2) ~ Beta(1/2, df/2); its upper tail is the beta of 1 - x, which keeps digits for small tails.
  const x = betaQuantile(tail, df / 2, 0.5);
  const t = x > 0.5 ? Math.sqrt(df * (betaQuantile(1 - tail, 0.5, df / 2) / x)) : Math.sqrt((df * (1 - x)) / x);
  return p < 0.5 ? -t : t;
}
