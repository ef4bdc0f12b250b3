/** One series as a chart: the values, the band of their intervals, the changes of level. */
import type { HistoryLine } from "../../record/history.js";
import { label, line, placeIn, round, scaleOf } from "../format/figure.js";
import { number, range, shownValue } from "../format/numbers.js";
import { xmlText } from "../format/xml.js";
import type { Series } from "./series.js";
import { changeText, minute } from "./table.js";

export const chartWidth = 640;
export const chartHeight = 150;
const [left, right, top, bottom] = [48, 12, 10, 24] as const;

export const nameOf = ({ task, metric, model, setup }: Series) =>
  `${task} ${metric}, ${model}${setup === "" ? "" : ` (${setup})`}`;

/** What a reader takes away: how many runs, the last value, where the level changed. */
export function wordsOf(series: Series): string[] {
  const { points, unit } = series;
  const { metric } = points.at(-1) as HistoryLine;
  return [
    `${points.length === 1 ? "one run" : `${points.length} runs`}, last ${number(metric.value, unit)} ${range(metric.interval, unit, number)}`.trim(),
    ...series.changes.map((change) => changeText(series, change)),
  ];
}

/**
 * A training's checkpoints lie at their steps, other runs one beside the other.
 * @returns the inside of an SVG element of `chartWidth` x `chartHeight`
 */
export function chart({ points, changes, unit }: Series): string {
  const shown = (value: number) => shownValue(value, unit);
  const values = points.map(({ metric }) => shown(metric.value as number));
  const upper = points.map(({ metric }, i) => (metric.interval ? shown(metric.interval[1]) : (values[i] as number)));
  const lower = points.map(({ metric }, i) => (metric.interval ? shown(metric.interval[0]) : (values[i] as number)));
  const scale = scaleOf([...upper, ...lower]);
  const steps = stepsOf(points);
  const along = steps ?? points.map((_, i) => i);
  const span = (along.at(-1) as number) - (along[0] as number) || 1;
  const x = (i: number) => left + ((chartWidth - left - right) * ((along[i] as number) - (along[0] as number))) / span;
  const y = (value: number) => placeIn(scale, value, chartHeight - bottom, top);
  const path = (of: readonly number[]) => of.map((value, i) => `${round(x(i))},${round(y(value))}`);
  const foot = (i: number, anchor: "start" | "end") =>
    label(steps ? `step ${steps[i]}` : minute(points[i]?.finishedAt ?? ""), x(i), chartHeight - 6, {
      anchor,
      of: "soft small",
    });
  const dot = (point: HistoryLine, i: number) => {
    const when = steps ? `step ${steps[i]}` : minute(point.finishedAt);
    const words = `${when}: ${number(point.metric.value, unit)} ${range(point.metric.interval, unit, number)}`;
    return `<circle class="f0" cx="${round(x(i))}" cy="${round(y(values[i] as number))}" r="3"><title>${xmlText([words, ...point.flags].join(" "))}</title></circle>`;
  };
  return [
    ...scale.ticks.flatMap((tick) => [
      line("grid", [left, y(tick)], [chartWidth - right, y(tick)]),
      label(tick.toFixed(scale.digits), left - 6, y(tick) + 4, { anchor: "end", of: "soft small" }),
    ]),
    `<polygon class="f0 band" points="${[...path(upper), ...path(lower).reverse()].join(" ")}"/>`,
    ...changes.map(({ index }) => line("change", [x(index), top], [x(index), chartHeight - bottom])),
    `<polyline class="s0" points="${path(values).join(" ")}"/>`,
    ...points.map(dot),
    foot(0, "start"),
    foot(points.length - 1, "end"),
  ].join("\n");
}

/** Of runs that `watch` made, in folders named `step-500`, each further than the one before. */
function stepsOf(points: readonly HistoryLine[]): readonly number[] | undefined {
  const steps = points.map(({ run }) => Number(/(?:^|\/)step-(\d+)$/.exec(run)?.[1] ?? Number.NaN));
  return steps.every((step, i) => (i === 0 ? Number.isFinite(step) : step > (steps[i - 1] as number)))
    ? steps
    : undefined;
}
