import type { MetricResult } from "../../core/metric-result.js";

export type Unit = MetricResult["unit"];

/** A metric's number in the unit that people read: fractions as per cent. */
export function shownValue(value: number, unit: string): number {
  return unit === "fraction" ? 100 * value : value;
}

/** Caption metrics, which papers print a hundredfold: CIDEr 115.2. */
const hundredfold = new Set(["CIDEr", "Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "METEOR", "ROUGE_L", "SPICE"]);

/** How a metric is printed in tables that people read: its unit there, and its name with what that makes of it. */
export function printed<Named extends string>({
  name,
  unit,
}: {
  readonly name: string;
  readonly unit: Named;
}): {
  readonly unit: Named | "fraction";
  readonly name: string;
} {
  return unit === "ratio" && hundredfold.has(name) ? { unit: "fraction", name: `${name} ×100` } : { unit, name };
}

/** `78.1`; a dash for null; unbounded ends as `∞`. @param digits  behind the point; default: the unit's own */
export function number(value: number | null | undefined, unit: string, digits = digitsOf(unit)): string {
  if (value === null || value === undefined) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const text = shownValue(value, unit).toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** With its sign: `+0.3`, `-1.2`, `0.0`. */
export function signed(value: number | null | undefined, unit: string, digits = digitsOf(unit)): string {
  const text = number(value, unit, digits);
  return value !== null && value !== undefined && value > 0 && !/^0\.?0*$/.test(text) ? `+${text}` : text;
}

/** `[-1.2, +0.4]` */
export function range(
  interval: readonly [number, number] | undefined,
  unit: string,
  form = signed,
  digits = digitsOf(unit),
): string {
  return interval ? `[${form(interval[0], unit, digits)}, ${form(interval[1], unit, digits)}]` : "";
}

/** `0.031`, `<0.001`. */
export function pValue(p: number | undefined): string {
  if (p === undefined) return "-";
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** ` points` behind differences of percentages; nothing behind plain numbers. */
export function unitWord(unit: string): string {
  return unit === "fraction" || unit === "percent" || unit === "points" ? " points" : "";
}

/** 214,354 */
export const count = (n: number) => n.toLocaleString("en-US");

function digitsOf(unit: string): number {
  if (unit === "ratio") return 3;
  return unit === "count" ? 0 : 1;
}
