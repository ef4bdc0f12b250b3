import type { HistoryLine } from "../../record/history.js";
import { htmlPage, htmlText } from "../format/html.js";
import { number, range } from "../format/numbers.js";
import type { Series } from "./series.js";
import { changeText, minute } from "./table.js";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1);
  --ink: light-dark(#2f6fde, #74a7ff); --change: light-dark(#b83232, #ff7b7b); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 60rem; }
h2 { font-size: 1rem; margin: 1.5rem 0 0; }
p { margin: 0; color: var(--soft); }
svg { display: block; width: 100%; }
.axis { stroke: var(--line); }
text { fill: var(--soft); font-size: 11px; }
.band { fill: var(--ink); opacity: .14; }
.course { fill: none; stroke: var(--ink); stroke-width: 1.5; }
circle { fill: var(--ink); }
.change { stroke: var(--change); stroke-dasharray: 4 3; }
@media (max-width: 600px) { text { font-size: 19px; } }
`;

/** One page without scripts: a chart for each series of two runs or more, the values with the band of their intervals. */
export function historyHtml(series: readonly Series[], title = "llava-eval history"): string {
  return htmlPage(title, style, series.map(section).join("\n"));
}

function section(one: Series): string {
  const { task, model, metric, setup, unit, points } = one;
  const last = points.at(-1) as HistoryLine;
  const name = `${task} ${metric}, ${model}${setup === "" ? "" : ` (${setup})`}`;
  const words = [
    `${points.length === 1 ? "one run" : `${points.length} runs`}, last ${number(last.metric.value, unit)} ${range(last.metric.interval, unit, number)}`.trim(),
    ...one.changes.map((change) => changeText(one, change)),
  ];
  return `<section>
<h2>${htmlText(name)}</h2>
${words.map((text) => `<p>${htmlText(text)}</p>`).join("\n")}
${points.length === 1 ? "" : chart(one, `${name}: ${words.join("; ")}`)}
</section>`;
}

const [width, height, left, right, top, bottom] = [640, 132, 56, 12, 10, 22] as const;

function chart({ points, changes, unit }: Series, label: string): string {
  const value = ({ metric }: HistoryLine) => metric.value as number;
  const upper = points.map((point) => point.metric.interval?.[1] ?? value(point));
  const lower = points.map((point) => point.metric.interval?.[0] ?? value(point));
  const [low, high] = [Math.min(...lower), Math.max(...upper)];
  const room = high === low ? Math.max(1e-9, Math.abs(high) * 0.05) : (high - low) * 0.06;
  const x = (i: number) => round(left + ((width - left - right) * i) / (points.length - 1));
  const y = (at: number) => round(top + ((height - top - bottom) * (high + room - at)) / (high - low + 2 * room));
  const path = (values: readonly number[]) => values.map((at, i) => `${x(i)},${y(at)}`);
  const tick = (at: number) =>
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${y(at)}" y2="${y(at)}"/><text x="${left - 6}" y="${y(at) + 4}" text-anchor="end">${number(at, unit)}</text>`;
  const date = (i: number, anchor: string) =>
    `<text x="${x(i)}" y="${height - 5}" text-anchor="${anchor}">${htmlText(minute(points[i]?.finishedAt ?? ""))}</text>`;
  const dot = (point: HistoryLine, i: number) => {
    const words = `${minute(point.finishedAt)}: ${number(value(point), unit)} ${range(point.metric.interval, unit, number)}`;
    return `<circle cx="${x(i)}" cy="${y(value(point))}" r="3"><title>${htmlText([words, ...point.flags].join(" "))}</title></circle>`;
  };
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${htmlText(label)}">`,
    ...[...new Set([high, low])].map(tick),
    `<polygon class="band" points="${[...path(upper), ...path(lower).reverse()].join(" ")}"/>`,
    ...changes.map(
      ({ index }) => `<line class="change" x1="${x(index)}" x2="${x(index)}" y1="4" y2="${height - 16}"/>`,
    ),
    `<polyline class="course" points="${path(points.map(value)).join(" ")}"/>`,
    ...points.map(dot),
    date(0, "start"),
    date(points.length - 1, "end"),
    "</svg>",
  ].join("\n");
}

const round = (at: number) => Math.round(at * 10) / 10;
