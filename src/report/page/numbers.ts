import type { MetricResult } from "../../core/result.js";
import type { PageTask } from "../page-data.js";

const grouped = new Intl.NumberFormat("en-US");
export const count = (n: number) => grouped.format(n);

/** Fractions as percent; see the command line's report. */
export function shown(value: number | null | undefined, unit: MetricResult["unit"]): string {
  if (value === null || value === undefined) return "–";
  if (unit === "fraction") return (100 * value).toFixed(1);
  if (unit === "ratio") return value.toFixed(3);
  if (unit === "count") return count(value);
  return value.toFixed(1);
}

/** With its sign, as differences are: `+1.5`, `-0.2`. */
export function signedShown(value: number, unit: MetricResult["unit"]): string {
  const text = shown(value, unit);
  return value > 0 && !/^[0.,]*$/.test(text) ? `+${text}` : text;
}

/** `A`, `B`: what a run is called where its name has no room. */
export const letterOf = (run: number) => String.fromCharCode(65 + run);

/** Runs whose samples of a task cannot be shown: they have a Result and no journal. */
export const withoutJournal = ({ results, states }: Pick<PageTask, "results" | "states">): number[] =>
  results.flatMap((result, run) => (result && result.n.total > 0 && !/[^-]/.test(states[run] ?? "") ? [run] : []));

/** The scale of a unit's axis; open-ended units take the largest number at hand. */
export function scaleOf(unit: MetricResult["unit"], values: readonly number[]): [number, number] {
  if (unit === "fraction") return [0, 1];
  if (unit === "percent") return [0, 100];
  return [0, Math.max(1e-9, ...values) * 1.1];
}

export const milliseconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
