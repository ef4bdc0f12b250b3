/** A comparison as a table that people read: a row for each task, the side that is better bold, the verdict in its colour. */
import { count, number, printed, pValue, range, signed } from "../format/numbers.js";
import {
  type Column,
  chosenColumns,
  type Table,
  type TableCell,
  type TableRow,
  type Tone,
  transposed,
} from "../format/table.js";
import type { Comparison, TaskComparison } from "./comparison.js";
import { reasonText, verdictText } from "./words.js";

/** What of the numbers is shown. */
export interface ComparisonLook {
  /** Behind the point. Default: the unit's own. */
  readonly digits?: number;
  /** Columns by their titles, in this order. Default: all. */
  readonly columns?: readonly string[];
  readonly transpose?: boolean;
}

/** By the name that `--columns` gives each; `spare` ones go first where there is no room. */
const columns: Readonly<Record<string, Column>> = {
  metric: { title: "metric", align: "left", spare: 1 },
  A: { title: "A" },
  B: { title: "B" },
  difference: { title: "B - A" },
  interval: { title: "interval" },
  p: { title: "p", spare: 4 },
  holm: { title: "p (Holm)", spare: 2 },
  n: { title: "n", spare: 3 },
  verdict: { title: "verdict", align: "left" },
};

export const comparisonColumns = Object.keys(columns);

export function tableOfComparison(comparison: Comparison, look: ComparisonLook): Table {
  const level = `${100 * (1 - comparison.alpha)} % interval`;
  const table: Table = {
    axes: ["task", ""],
    columns: Object.entries(columns).map(([name, column]) =>
      name === "interval" ? { ...column, title: level } : column,
    ),
    sections: [{ rows: comparison.tasks.map((task) => rowOf(task, look)) }],
    notes: [],
    transposable: false,
  };
  const places = Object.values(table.columns);
  const chosen =
    look.columns === undefined
      ? table
      : chosenColumns(
          table,
          look.columns,
          (column, name) => places.indexOf(column) === comparisonColumns.indexOf(name),
        );
  return look.transpose ? transposed(chosen) : chosen;
}

/** The tone of a verdict. */
export function toneOf({ verdict, improved }: TaskComparison): Tone {
  if (verdict === "regression") return "bad";
  return verdict === "not enough evidence" ? "unsure" : improved ? "good" : "soft";
}

function rowOf(task: TaskComparison, { digits }: ComparisonLook): TableRow {
  const { unit, name } = printed({ name: task.metric, unit: task.unit });
  const cell = (value: string, more: Partial<TableCell> = {}): TableCell => ({ value, ...more });
  const better = task.verdict === "regression" ? "a" : task.improved ? "b" : undefined;
  const side = (which: "a" | "b") => cell(number(task[which], unit, digits), better === which ? { tone: "best" } : {});
  const verdict = verdictText(task);
  return {
    name: `${task.task} v${task.version}`,
    cells: [
      cell(name),
      side("a"),
      side("b"),
      cell(signed(task.delta, unit, digits)),
      cell(range(task.interval, unit, signed, digits)),
      cell(pValue(task.p)),
      cell(pValue(task.pHolm)),
      cell(count(task.samples.paired)),
      cell(`${verdict}: ${reasonText(task)}`, { short: verdict, tone: toneOf(task) }),
    ],
  };
}
