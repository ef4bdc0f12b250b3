import { csv } from "../format/csv.js";
import { shownValue } from "../format/numbers.js";
import { besideIn, columnsBeside, metricsBeside } from "./beside.js";
import type { Board, Row } from "./board.js";

/** One line for each model: its main metrics, fractions as per cent. */
export function boardWideCsv(board: Board): string {
  const { columns, suites, rows } = board;
  const beside = columnsBeside(board);
  const head = [
    ...["model", "prompt_profile", "scoring", "origin"],
    ...suites.map(({ name }) => name),
    ...columns.map(({ key, metric }) => `${key} ${metric}`),
    ...beside.flatMap(({ of, measure }) => ["", " low", " high"].map((end) => `${of.key} ${measure}${end}`)),
  ];
  return csv(
    head,
    rows.map((row) => [
      ...[row.model, row.promptProfile, row.scoring, row.origin ?? ""],
      ...suites.map(({ name }) => row.averages.get(name)),
      ...columns.map(({ key }) => {
        const main = row.cells.get(key)?.main;
        return main?.value === null || main === undefined ? undefined : shownValue(main.value, main.unit);
      }),
      ...beside.flatMap((column) => {
        const { value = null, interval = [], unit = "count" } = besideIn(row, column) ?? {};
        return [value, interval[0], interval[1]].map((one) => (one == null ? undefined : shownValue(one, unit)));
      }),
    ]),
  );
}

const longHead = [
  ...["model", "prompt_profile", "scoring", "origin", "task", "version", "metric", "unit", "value", "stderr"],
  ...["interval_low", "interval_high", "interval_method", "n", "scored", "total", "rank", "flags"],
  ...["dataset", "split", "revision", "judge", "run", "finished_at", "reported_as"],
];

/** One line for each metric of each entry, unrounded and in the metric's own unit: for data frames. */
export function boardLongCsv({ rows }: Board): string {
  return csv(longHead, rows.flatMap(linesOf));
}

function linesOf(row: Row): (string | number | undefined | null)[][] {
  return [...row.cells.values()].flatMap(({ entry, rank }) =>
    [...entry.metrics, ...metricsBeside(entry)].map((metric, i) => [
      ...[row.model, row.promptProfile, row.scoring, row.origin ?? "", entry.task, entry.version],
      ...[
        metric.name,
        metric.unit,
        metric.value,
        metric.stderr,
        metric.interval?.[0],
        metric.interval?.[1],
        metric.method,
      ],
      ...[entry.n && metric.n, entry.n?.scored, entry.n?.total, i === 0 ? rank : undefined, entry.flags.join(" ")],
      ...[entry.dataset.source, entry.dataset.split, entry.dataset.revision, entry.judge, entry.run, entry.finishedAt],
      metric.reportedAs,
    ]),
  );
}
