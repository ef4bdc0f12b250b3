import type { HistoryLine } from "../../record/history.js";
import { number, pValue, range, signed } from "../format/numbers.js";
import { sparkline } from "../format/sparkline.js";
import { textTable } from "../format/text-table.js";
import type { Series } from "./series.js";

/** One line a series, and below it each change of level with the first run that had it. */
export function historyTable(series: readonly Series[]): string {
  const columns = ["task", "model", "runs", "last", "lowest", "highest", "course"].map((title, i) => ({
    title,
    align: i >= 2 && i <= 5 ? ("right" as const) : ("left" as const),
  }));
  const rows = series.map(({ task, model, setup, unit, points }) => {
    const values = points.map(({ metric }) => metric.value as number);
    const last = points.at(-1)?.metric;
    return [
      setup === "" ? task : `${task} (${setup})`,
      model,
      String(points.length),
      `${number(last?.value, unit)} ${range(last?.interval, unit, number)}`.trimEnd(),
      number(Math.min(...values), unit),
      number(Math.max(...values), unit),
      sparkline(values),
    ];
  });
  const [head = "", ...lines] = textTable(columns, rows).split("\n");
  return `${[head, ...lines.flatMap((line, i) => [line, ...changeLines(series[i] as Series)])].join("\n")}\n`;
}

function changeLines({ changes, points, unit, direction }: Series): string[] {
  return changes.map(({ index, before, after, p }) => {
    const first = points[index] as HistoryLine;
    const rise = after > before;
    const word = direction === "neither" ? "changed" : rise === (direction === "higher") ? "better" : "worse";
    const delta = `${number(before, unit)} → ${number(after, unit)} (${signed(after - before, unit)}, p ${pValue(p)})`;
    return `  ${word} since ${minute(first.finishedAt)}, run ${first.run}: ${delta}`;
  });
}

/** `2026-11-29 02:31` */
export const minute = (time: string) => time.slice(0, 16).replace("T", " ");
