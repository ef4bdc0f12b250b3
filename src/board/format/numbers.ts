import type { MetricResult } from "../../core/result.js";

export type Unit = MetricResult["unit"];

/** A metric's number in the unit that people read: fractions as per cent. */
export function shownValue(value: number, unit: string): number {
  return unit === "fraction" ? 100 * value : value;
}

/** `78.1`; a dash for null; unbounded ends as `∞`. */
export function number(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const text = shownValue(value, unit).toFixed(digits(unit));
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** With its sign: `+0.3`, `-1.2`, `0.0`. */
export function signed(value: number | null | undefined, unit: string): string {
  const text = number(value, unit);
  return value !== null && value !== undefined && value > 0 && !/^0\.?0*$/.test(text) ? `+${text}` : text;
}

/** `[-1.2, +0.4]` */
export function range(interval: readonly [number, number] | undefined, unit: string, form = signed): string {
  return interval ? `[${form(interval[0], unit)}, ${form(interval[1], unit)}]` : "";
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

function digits(unit: string): number {
  if (unit === "ratio") return 3;
  return unit === "count" ? 0 : 1;
}
