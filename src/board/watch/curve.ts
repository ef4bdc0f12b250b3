/** Metrics over the steps of a training, from the run folders that were evaluated. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { MetricResult } from "../../core/metric-result.js";
import { writeWhole } from "../../files/whole-file.js";
import type { HistoryLine } from "../../record/history.js";
import { isRun, openRun, type Run } from "../../record/read.js";
import { number, range, signed } from "../format/numbers.js";
import { sparkline } from "../format/sparkline.js";
import { textTable } from "../format/text-table.js";
import { historySvg } from "../history/as-svg.js";
import { linesOf } from "../history/lines.js";
import type { Series } from "../history/series.js";
import { scalarsOf } from "../trackers/scalars.js";

export interface Point {
  readonly step: number;
  readonly run: Run;
}

/** `OUT/step-500` for step 500. */
export const runFolderOf = (out: string, step: number) => join(out, `step-${step}`);

/** The finished runs below `out`, by step: what a restart finds done. */
export async function readCurve(out: string): Promise<Point[]> {
  const names = await readdir(out).catch(() => []);
  const points: Point[] = [];
  for (const name of names) {
    const step = /^step-(\d+)$/.exec(name)?.[1];
    if (step === undefined || !(await isRun(join(out, name)))) continue;
    const run = await openRun(join(out, name));
    if (run.manifest.status === "done" && run.results.size > 0) points.push({ step: Number(step), run });
  }
  return points.sort((a, b) => a.step - b.step);
}

/** `curve.jsonl`: one line per step, `{step, run, scalars}`. `curve.svg`: the main metrics over the steps, with their intervals. */
export async function writeCurve(out: string, points: readonly Point[]): Promise<void> {
  const lines = points.map(({ step, run }) => ({
    step,
    run: run.manifest.name,
    scalars: Object.fromEntries(scalarsOf(run)),
  }));
  await writeWhole(join(out, "curve.jsonl"), "the curve", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await writeWhole(join(out, "curve.svg"), "the curve", historySvg(seriesOfCurve(out, points)));
}

/** A series for each task. A training gets better all along: changes of level say nothing about it. */
function seriesOfCurve(out: string, points: readonly Point[]): Series[] {
  const lines = points.flatMap(({ run }) => linesOf(run, out)).filter(({ metric }) => metric.value !== null);
  return [...new Set(lines.map(({ task }) => task))].sort().map((task): Series => {
    const ofTask = lines.filter((line) => line.task === task);
    const { name: metric, unit, direction } = (ofTask[0] as HistoryLine).metric;
    return { model: basename(out), task, metric, unit, direction, setup: "", points: ofTask, changes: [] };
  });
}

export function mainMetric({ run }: Point, task: string): MetricResult | undefined {
  return run.results.get(task)?.metrics.find(({ direction, value }) => direction !== "neither" && value !== null);
}

/** The step with the best main metric of `task`. */
export function bestPoint(points: readonly Point[], task: string): Point | undefined {
  let best: Point | undefined;
  for (const point of points) {
    const [metric, known] = [mainMetric(point, task), best && mainMetric(best, task)];
    if (!metric) continue;
    const sign = metric.direction === "lower" ? -1 : 1;
    if (!known || (metric.value as number) * sign > (known.value as number) * sign) best = point;
  }
  return best;
}

/** One line for each task: first, best and last value, and the course between them. */
export function curveTable(points: readonly Point[]): string {
  const tasks = [...new Set(points.flatMap(({ run }) => [...run.results.keys()]))].sort();
  const columns = ["task", "metric", "first", "best", "at step", "last", "last - best", "course"].map((title, i) => ({
    title,
    align: i >= 2 && i <= 6 ? ("right" as const) : ("left" as const),
  }));
  const rows = tasks.flatMap((task) => {
    const values = points.flatMap((point) => mainMetric(point, task) ?? []);
    const best = bestPoint(points, task);
    const [first, last, top] = [values[0], values.at(-1), best && mainMetric(best, task)];
    if (!first || !last || !best || !top) return [];
    const { unit } = first;
    const lag = (last.value as number) - (top.value as number);
    return [
      [
        task,
        first.name,
        withInterval(first),
        withInterval(top),
        String(best.step),
        withInterval(last),
        signed(lag, unit),
        sparkline(values.map(({ value }) => value as number)),
      ],
    ];
  });
  return `${textTable(columns, rows)}\n`;
}

/** `75.0 [53.1, 88.8]`: twenty samples look like progress without it. */
const withInterval = ({ value, interval, unit }: MetricResult) =>
  `${number(value, unit)} ${range(interval, unit, number)}`.trimEnd();
