import type { MetricResult } from "../../core/metric-result.js";
import type { PageTask, Trend } from "../page-data.js";
import { shown } from "./numbers.js";

/** The course of every task that has one: earlier runs of this model, or the steps of its training. */
export function Trends({ tasks }: { tasks: readonly PageTask[] }) {
  const courses = tasks.filter((task) => task.trend !== undefined);
  if (courses.length === 0) return null;
  return (
    <section class="trends" aria-labelledby="trends">
      <h2 id="trends">{courses[0]?.trend?.of === "step" ? "Over the training" : "Over time"}</h2>
      {courses.map((task) => (
        <Course key={task.task} task={task} trend={task.trend as Trend} />
      ))}
    </section>
  );
}

const [width, height, left, bottom, top] = [640, 132, 52, 22, 10] as const;

/** Values with the band of their intervals; a dashed line where a new level begins. */
function Course({ task, trend }: { task: PageTask; trend: Trend }) {
  const metric = task.results.findLast((one) => one !== null)?.metrics[0];
  const unit: MetricResult["unit"] = metric?.unit ?? "fraction";
  const { points, changes } = trend;
  const ends = points.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = high === low ? Math.max(1e-9, Math.abs(high) * 0.05) : (high - low) * 0.06;
  const x = (i: number) => left + ((width - left - 12) * i) / Math.max(1, points.length - 1);
  const y = (value: number) => top + ((height - top - bottom) * (high + room - value)) / (high - low + 2 * room);
  const path = (values: readonly number[]) => values.map((value, i) => `${x(i)},${y(value)}`);
  const upper = points.map(({ value, interval }) => interval?.[1] ?? value);
  const lower = points.map(({ value, interval }) => interval?.[0] ?? value);
  const [first, last] = [points[0], points.at(-1)];
  const words = [
    `${task.task}${metric ? ` ${metric.name}` : ""} over ${points.length} ${trend.of}s: ${shown(first?.value, unit)} at ${first?.label}, ${shown(last?.value, unit)} at ${last?.label}`,
    ...changes.map((i) => `a new level since ${points[i]?.label}`),
  ].join("; ");
  return (
    <figure>
      <figcaption>
        <strong>{task.task}</strong> <span class="dim">{words.slice(task.task.length + 1)}</span>
      </figcaption>
      <svg class="trend" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
        {[high, low].map((value) => (
          <g key={value}>
            <line class="axis" x1={left} x2={width - 12} y1={y(value)} y2={y(value)} />
            <text class="tick" x={left - 6} y={y(value) + 4} text-anchor="end">
              {shown(value, unit)}
            </text>
          </g>
        ))}
        <polygon class="band" points={[...path(upper), ...path(lower).reverse()].join(" ")} />
        {changes.map((i) => (
          <line key={i} class="change" x1={x(i)} x2={x(i)} y1={top - 6} y2={height - bottom + 6} />
        ))}
        <polyline class="course" points={path(points.map(({ value }) => value)).join(" ")} />
        {points.map(({ label, value, interval, flags }, i) => (
          <circle key={i} class="dot" cx={x(i)} cy={y(value)} r={points.length > 60 ? 1.5 : 3}>
            <title>{`${label}: ${shown(value, unit)}${interval ? ` [${shown(interval[0], unit)}, ${shown(interval[1], unit)}]` : ""}${flags.length > 0 ? ` (${flags.join(", ")})` : ""}`}</title>
          </circle>
        ))}
        <text class="tick" x={left} y={height - 5}>
          {first?.label}
        </text>
        <text class="tick" x={width - 12} y={height - 5} text-anchor="end">
          {last?.label}
        </text>
      </svg>
    </figure>
  );
}
