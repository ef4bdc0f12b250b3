/** How a task's main metric went before, for the report page. */
import { dirname } from "node:path";
import { type Series, seriesOf } from "../../board/history/series.js";
import { minute } from "../../board/history/table.js";
import { mainMetric, type Point } from "../../board/watch/curve.js";
import { defined } from "../../core/defined.js";
import { readHistory } from "../../record/history.js";
import { openRun } from "../../record/read.js";
import type { Trend } from "../../report/page-data.js";
import { historyNumbers } from "./history.js";

export type TrendOf = (task: string) => Trend | undefined;

/** The history of a run's model: what stands beside the run's folder, or, for a baseline, above that. */
export async function runTrends(folder: string): Promise<TrendOf> {
  const { dir, manifest } = await openRun(folder);
  const parent = dirname(dir);
  const lines = [...(await readHistory(parent)), ...(await readHistory(dirname(parent)))];
  const series = seriesOf(lines, { models: [manifest.model], alpha: historyNumbers.alpha.fallback, seed: 0 });
  const holdsThis = ({ points }: Series) => points.some(({ finishedAt }) => finishedAt === manifest.finishedAt);
  return (task) => {
    const found = series.filter((one) => one.task === task);
    const one = found.find(holdsThis) ?? found[0];
    if (one === undefined || one.points.length < 2) return undefined;
    const points = one.points.map(({ finishedAt, metric, flags }) => ({
      ...{ label: minute(finishedAt), value: metric.value as number, flags },
      ...defined({ interval: metric.interval }),
    }));
    return { of: "run", points, changes: one.changes.map(({ index }) => index) };
  };
}

/** The curve of a training. Its level is meant to change: no change points. */
export function curveTrends(curve: readonly Point[]): TrendOf {
  return (task) => {
    const points = curve.flatMap((point) => {
      const metric = mainMetric(point, task);
      if (!metric) return [];
      const flags = point.run.results.get(task)?.flags ?? [];
      const shown = { label: String(point.step), value: metric.value as number, flags };
      return [{ ...shown, ...defined({ interval: metric.interval }) }];
    });
    return points.length < 2 ? undefined : { of: "step", points, changes: [] };
  };
}
