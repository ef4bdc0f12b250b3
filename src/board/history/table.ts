/** Series as a table that people read: a row each, and a note for each change of level. */
import type { HistoryLine } from "../../record/history.js";
import { number, printed, pValue, range, signed } from "../format/numbers.js";
import { sparkline } from "../format/sparkline.js";
import {
  type Column,
  chosenColumns,
  type Note,
  noteLetters,
  type Table,
  type TableRow,
  transposed,
} from "../format/table.js";
import type { Series } from "./series.js";

export interface HistoryLook {
  /** Behind the point. Default: the unit's own. */
  readonly digits?: number;
  /** By their titles, in this order. Default: all. */
  readonly columns?: readonly string[];
  readonly transpose?: boolean;
}

/** `spare` ones go first where there is no room. */
const columns: readonly Column[] = [
  { title: "model", align: "left" },
  { title: "runs" },
  { title: "last" },
  { title: "interval", spare: 3 },
  { title: "lowest", spare: 2 },
  { title: "highest", spare: 2 },
  { title: "course", align: "left", spare: 1 },
];
export const historyColumns = columns.map(({ title }) => title);

export function tableOfHistory(series: readonly Series[], look: HistoryLook): Table {
  const changes = series.flatMap((one) => one.changes.map((change) => ({ one, change })));
  const letterOf = (place: number) => noteLetters[place] ?? "*";
  const rowOf = (one: Series): TableRow => {
    const { task, model, setup, points } = one;
    const { unit } = printed({ name: one.metric, unit: one.unit });
    const values = points.map(({ metric }) => metric.value as number);
    const last = points.at(-1)?.metric;
    const marks = changes.flatMap((change, i) => (change.one === one ? [letterOf(i)] : [])).join("");
    return {
      name: setup === "" ? task : `${task} (${setup})`,
      cells: [
        { value: model },
        { value: String(points.length) },
        { value: number(last?.value, unit, look.digits), ...(marks ? { marks } : {}) },
        { value: range(last?.interval, unit, number, look.digits) },
        { value: number(Math.min(...values), unit, look.digits) },
        { value: number(Math.max(...values), unit, look.digits) },
        { value: sparkline(values) },
      ],
    };
  };
  const table: Table = {
    axes: ["task", ""],
    columns,
    sections: [{ rows: series.map(rowOf) }],
    notes: changes.map(({ one, change }, i): Note => ({ mark: letterOf(i), fact: changeText(one, change) })),
    transposable: false,
  };
  const chosen = chosenColumns(table, look.columns ?? historyColumns, ({ title }, name) => title === name);
  return look.transpose ? transposed(chosen) : chosen;
}

/** `worse since 2026-10-19 02:30, run nightly: 79.9 → 71.1 (-8.8, p <0.001)` */
export function changeText(
  { points, direction, metric, unit: own }: Series,
  { index, before, after, p }: Series["changes"][number],
): string {
  const { unit } = printed({ name: metric, unit: own });
  const first = points[index] as HistoryLine;
  const rise = after > before;
  const word = direction === "neither" ? "changed" : rise === (direction === "higher") ? "better" : "worse";
  const delta = `${number(before, unit)} → ${number(after, unit)} (${signed(after - before, unit)}, p ${pValue(p)})`;
  return `${word} since ${minute(first.finishedAt)}, run ${first.run}: ${delta}`;
}

/** `2026-11-29 02:31` */
export const minute = (time: string) => time.slice(0, 16).replace("T", " ");
