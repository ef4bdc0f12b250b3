/** What the catalogue's vector files share: a task's metrics over rows that are scored already. */

import type { Scored, Scoring } from "../../../src/core/score.js";
import { foldValue } from "../fold.js";
import { taskGroups, taskMetric } from "../task-score.js";

export const lmms = { scoring: "lmms-eval" } as const;
export const vlmevalkit = { scoring: "vlmevalkit" } as const;
export const one = (right: boolean): number => (right ? 1 : 0);

export interface ScoredRow {
  /** The columns that the task's groups read. */
  readonly row: object;
  readonly value: Scored["value"];
  readonly id?: string;
  readonly cluster?: string;
  readonly data?: Scored["data"];
}

/** The task's metric over the rows; null where it is undefined. */
export function fold(
  task: string,
  metric: string,
  rows: readonly ScoredRow[],
  scoring: Scoring = "official",
): number | null {
  const inputs = rows.map(({ row, ...rest }) => ({ ...rest, groups: taskGroups(task, row) }));
  return foldValue(taskMetric(task, metric), inputs, scoring);
}

/** The metric once for each value of one of the task's groups, in the order of the rows. */
export function foldEach(
  task: string,
  metric: string,
  rows: readonly ScoredRow[],
  group: string,
): Readonly<Record<string, number | null>> {
  const groupOf = ({ row }: ScoredRow): string => taskGroups(task, row)[group] ?? "";
  const values = [...new Set(rows.map(groupOf))];
  return Object.fromEntries(
    values.map((value) => [
      value,
      fold(
        task,
        metric,
        rows.filter((row) => groupOf(row) === value),
      ),
    ]),
  );
}
