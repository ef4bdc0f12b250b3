import type { PageTask } from "../page-data.js";

const grouped = new Intl.NumberFormat("en-US");
export const count = (n: number) => grouped.format(n);

/** Fractions as percent; see the command line's report. */
export function shown(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  if (unit === "fraction") return (100 * value).toFixed(1);
  if (unit === "ratio") return value.toFixed(3);
  if (unit === "count") return count(value);
  return value.toFixed(1);
}

/** With its sign, as differences are: `+1.5`, `−0.2`. */
export function signedShown(value: number, unit: string): string {
  const text = shown(value, unit);
  if (/^-?[0.,]*$/.test(text)) return text.replace("-", "");
  return value > 0 ? `+${text}` : text.replace("-", "−");
}

/** `A`, `B`: what a run is called where its name has no room. */
export const letterOf = (run: number) => String.fromCharCode(65 + run);

/** Runs whose samples of a task cannot be shown: they have a Result and no journal. */
export const withoutJournal = ({ results, states }: Pick<PageTask, "results" | "states">): number[] =>
  results.flatMap((result, run) => (result && result.n.total > 0 && !/[^-]/.test(states[run] ?? "") ? [run] : []));

/** A little more than what is to be seen, in round steps of 1, 2 or 5: where an axis begins and ends. */
export function axisOf(values: readonly number[]): [low: number, high: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || Math.abs(most) * 0.1 || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= span / 4) ?? 10);
  const round = (value: number) => Number(value.toPrecision(12));
  // One value alone, 0.0 with its interval or 100.0, has room on both sides.
  const room = most === least ? span / 2 : 0;
  return [round(Math.floor((least - room) / step) * step), round(Math.ceil((most + room) / step) * step)];
}

/** What a metric cannot leave is the end of its axis. */
export function scaleOf(unit: string, values: readonly number[]): [number, number] {
  const [low, high] = axisOf(values);
  const most =
    unit === "fraction" && Math.max(...values) <= 1 ? 1 : unit === "percent" ? 100 : Number.POSITIVE_INFINITY;
  return [low < 0 && Math.min(...values) >= 0 ? 0 : low, Math.min(high, most)];
}

export const milliseconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
