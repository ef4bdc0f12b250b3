import { csv } from "../format/csv.js";
import type { Series } from "./series.js";

const head = [
  ...["finished_at", "task", "model", "metric", "unit", "value", "stderr", "low", "high", "n", "flags", "run"],
  ...["version", "scoring", "prompt_profile", "changed"],
];

/** One row a run and label; `changed` is 1 in the first run of a new level. */
export function historyCsv(series: readonly Series[]): string {
  const rows = series.flatMap(({ points, changes }) =>
    points.map((line, i) => [
      ...[line.finishedAt, line.task, line.model, line.metric.name, line.metric.unit, line.metric.value],
      ...[line.metric.stderr, line.metric.interval?.[0], line.metric.interval?.[1], line.n.scored],
      ...[line.flags.join(" "), line.run, line.version, line.scoring, line.promptProfile],
      changes.some(({ index }) => index === i) ? 1 : 0,
    ]),
  );
  return csv(head, rows);
}
