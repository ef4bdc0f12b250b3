import type { MetricResult } from "../core/metric-result.js";

const grouped = new Intl.NumberFormat("en-US");

/** 214,354 */
export const count = (n: number) => grouped.format(n);

/** A metric's number in the unit people read: fractions as percent, one decimal; ratios three. */
export function metricNumber(value: number, unit: MetricResult["unit"]): string {
  switch (unit) {
    case "fraction":
      return (100 * value).toFixed(1);
    case "percent":
    case "points":
      return value.toFixed(1);
    case "ratio":
      return value.toFixed(3);
    case "count":
      return count(value);
  }
}

/** `78.1 ±0.5 [77.1, 79.1]`; a dash when there is no value. */
export function metricText({ value, unit, stderr, interval }: MetricResult): string {
  if (value === null) return "-";
  const error = stderr === undefined ? "" : ` ±${metricNumber(stderr, unit)}`;
  const range = interval ? ` [${interval.map((end) => metricNumber(end, unit)).join(", ")}]` : "";
  return `${metricNumber(value, unit)}${error}${range}`;
}

/** 43 s, 6 min 43 s, 2 h 05 min */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
