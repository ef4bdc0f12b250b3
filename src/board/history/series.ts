/** What one model came to in one task, night after night. */
import type { HistoryLine } from "../../record/history.js";
import { type ChangePoint, changePoints } from "../../statistics/change-points.js";

/** Only what is comparable stands in one series: another prompt, judge, data set or number of samples begins another. */
export interface Series {
  readonly model: string;
  readonly task: string;
  readonly metric: string;
  readonly unit: HistoryLine["metric"]["unit"];
  readonly direction: HistoryLine["metric"]["direction"];
  /** Where it differs from the other series of this model and task: `v2`, `n=200`. */
  readonly setup: string;
  /** By time; runs whose metric has no value are left out. */
  readonly points: readonly HistoryLine[];
  readonly changes: readonly ChangePoint[];
}

export interface SeriesOptions {
  readonly tasks?: readonly string[];
  readonly models?: readonly string[];
  /** Of a change point. */
  readonly alpha: number;
  readonly seed: number;
}

/** What must be equal for two numbers to be compared, in words. */
const setupOf = (line: HistoryLine): readonly string[] => [
  `v${line.version}`,
  line.scoring,
  `prompt ${line.promptProfile}`,
  `frames ${line.frames ?? "none"}`,
  `judge ${line.judge ?? "none"}`,
  `tags ${line.reasoningTags?.join("+") ?? "none"}`,
  `data ${(line.dataset.digest ?? line.dataset.source).slice(0, 8)}`,
  `n=${line.n.total}`,
  // Samples that tell models apart, or those that came first of a drawn order, are others than as many of a `--limit`.
  `until ${line.until ?? "none"}`,
  line.metric.name,
];

/** Series by task and model, the longest first where there are several of both. */
export function seriesOf(lines: readonly HistoryLine[], { tasks, models, alpha, seed }: SeriesOptions): Series[] {
  const chosen = lines.filter(
    ({ task, model, metric }) =>
      metric.value !== null && (tasks?.includes(task) ?? true) && (models?.includes(model) ?? true),
  );
  const found = [...grouped(chosen, ({ task, model }) => [task, model])].flatMap((ofBoth) => {
    const setups = [...grouped(ofBoth, setupOf)];
    const differing = setupOf(ofBoth[0] as HistoryLine)
      .map((_, i) => i)
      .filter((i) => new Set(setups.map(([line]) => setupOf(line as HistoryLine)[i])).size > 1);
    return setups.map((points) => seriesAt(points, differing, { alpha, seed }));
  });
  return found.sort(
    (a, b) => compareText(a.task, b.task) || compareText(a.model, b.model) || b.points.length - a.points.length,
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function seriesAt(lines: readonly HistoryLine[], differing: readonly number[], options: SeriesOptions): Series {
  const points = [...lines].sort((a, b) => compareText(a.finishedAt, b.finishedAt));
  const last = points.at(-1) as HistoryLine;
  return {
    model: last.model,
    task: last.task,
    metric: last.metric.name,
    unit: last.metric.unit,
    direction: last.metric.direction,
    setup: differing.map((i) => setupOf(last)[i]).join(", "),
    points,
    changes: changePoints(
      points.map(({ metric }) => metric.value as number),
      options,
    ),
  };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => readonly string[]): Iterable<readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups.values();
}
