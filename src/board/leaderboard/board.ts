/** Models x tasks from leaderboard entries: which entries count, in which row and column, ranks and averages. */
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { shownValue } from "../format/numbers.js";
import { standing } from "./collect.js";

export interface Suite {
  readonly name: string;
  readonly tasks: readonly string[];
}

export interface BoardOptions {
  /** Flagged entries are left out unless their flags are all named here. */
  readonly include: readonly string[];
  readonly tasks?: readonly string[];
  /** Globs (`*`, `?`) over model names. */
  readonly models?: readonly string[];
  readonly suites: readonly Suite[];
  /** A task, a suite or `model`; default: the first suite, else the column that most of our own rows have. */
  readonly sort?: string;
}

/** One task in one version: numbers of two versions are not comparable. */
export interface Column {
  readonly key: string;
  readonly task: string;
  /** 0 when all numbers are from elsewhere. */
  readonly version: number;
  readonly metric: string;
  readonly unit: MetricResult["unit"];
  readonly direction: MetricResult["direction"];
}

export interface Cell {
  readonly entry: LeaderboardEntry;
  readonly main: MetricResult;
  /** 1 = best; entries whose intervals overlap share a rank. Absent for numbers from elsewhere, flagged ones and without a direction. */
  readonly rank?: number;
  /** What a reader must know: flags, another data revision, another judge, another metric. */
  readonly marks: readonly string[];
  /** A whole result in the column's metric and on its scale: the best of the column is one of these. */
  readonly isLike: boolean;
}

/** One model under one set of rules: prompt profile and scoring change numbers, so they are never mixed. */
export interface Row {
  readonly model: string;
  readonly promptProfile: string;
  /** Of clips: how many were shown, and by which profile. */
  readonly frames?: string;
  readonly scoring: string;
  /** Whose thoughts were taken out before scoring; absent: nobody's. */
  readonly reasoningTags?: readonly string[];
  /** `published`, `lmms-eval`, `VLMEvalKit`; absent for our own runs. */
  readonly origin?: string;
  /** Of published numbers: who printed them. */
  readonly source?: LeaderboardEntry["source"];
  readonly cells: ReadonlyMap<string, Cell>;
  /** By suite: the mean over its tasks; absent when a task is missing. */
  readonly averages: ReadonlyMap<string, number>;
}

export interface Board {
  readonly columns: readonly Column[];
  readonly suites: readonly SuiteColumn[];
  readonly rows: readonly Row[];
  /** Whose difference counts: that of intervals which do not overlap, or of the same samples where there are journals of them. */
  readonly ranksBy: "intervals" | "pairs";
  /** What was left out, and rules that a reader must know. */
  readonly notes: readonly string[];
}

export interface SuiteColumn extends Suite {
  /** The tasks that are averaged: those measured in per cent, higher better. */
  readonly averaged: readonly string[];
}

export function makeBoard(entries: readonly LeaderboardEntry[], options: BoardOptions): Board {
  const { kept, notes } = selected(entries, options);
  const columns = columnsOf(kept);
  const suites = options.suites.map((suite) => suiteColumn(suite, columns, notes));
  const rows = rowsOf(kept, columns).map((row) => ({ ...row, averages: averagesOf(row, columns, suites) }));
  const ranked = withRanks(rows, columns);
  return { columns, suites, rows: sorted(ranked, columns, suites, options.sort), ranksBy: "intervals", notes };
}

function selected(entries: readonly LeaderboardEntry[], options: BoardOptions) {
  const { tasks, models, include } = options;
  const globs = models?.map(globOf);
  const named = entries.filter(
    ({ task, model }) =>
      (tasks === undefined || tasks.includes(task)) && (globs === undefined || globs.some((glob) => glob.test(model))),
  );
  const counted = named.filter(
    ({ flags, metrics }) => metrics.length > 0 && flags.every((flag) => include.includes(flag)),
  );
  // Published numbers stand beside ours: a task that nobody of ours ran has no place among them.
  const ours = new Set(counted.flatMap(({ task, origin }) => (origin === "published" ? [] : [task])));
  const kept = counted.filter(({ task, origin }) => origin !== "published" || ours.size === 0 || ours.has(task));
  const notes: string[] = [];
  for (const flag of ["demo", "partial", "incomplete"] as const) {
    const left = named.filter(({ flags }) => flags.includes(flag) && !include.includes(flag)).length;
    if (left > 0)
      notes.push(`${left} ${left === 1 ? "entry" : "entries"} flagged "${flag}" left out (--include ${flag})`);
  }
  return { kept, notes };
}

function globOf(glob: string): RegExp {
  const escaped = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "i");
}

/** Our own entries decide the columns; numbers from elsewhere join the newest version of their task. */
function columnsOf(entries: readonly LeaderboardEntry[]): Column[] {
  const columns = new Map<string, Column>();
  const add = ({ task, metrics: [main] }: LeaderboardEntry, version: number) => {
    const key = version === 0 ? task : `${task} v${version}`;
    if (!main || columns.has(key)) return;
    columns.set(key, { key, task, version, metric: main.name, unit: main.unit, direction: main.direction });
  };
  for (const entry of entries) if (entry.origin === undefined) add(entry, entry.version);
  const known = new Set([...columns.values()].map(({ task }) => task));
  for (const entry of entries) if (!known.has(entry.task)) add(entry, 0);
  return [...columns.values()].sort((a, b) => compareText(a.task, b.task) || b.version - a.version);
}

function columnOf(entry: LeaderboardEntry, columns: readonly Column[]): Column | undefined {
  // Columns of one task are sorted newest first.
  return columns.find(
    ({ task, version }) => task === entry.task && (entry.origin !== undefined || version === entry.version),
  );
}

/** An entry's main metric; of one from elsewhere the column's own, where it has that too. */
const mainFor = (column: Column, { metrics, origin }: LeaderboardEntry): MetricResult | undefined =>
  (origin === undefined ? undefined : metrics.find((metric) => isLike(metric, column))) ?? metrics[0];

type UnaveragedRow = Omit<Row, "averages">;

function rowsOf(entries: readonly LeaderboardEntry[], columns: readonly Column[]): UnaveragedRow[] {
  const rows = new Map<string, UnaveragedRow & { cells: Map<string, Cell> }>();
  for (const entry of entries) {
    const column = columnOf(entry, columns);
    const main = column && mainFor(column, entry);
    if (!column || !main) continue;
    const { model, promptProfile, frames, scoring, reasoningTags, origin, source } = entry;
    const key = JSON.stringify([
      ...[model, promptProfile, frames ?? "", scoring, reasoningTags ?? []],
      ...[origin ?? "", source?.title ?? ""],
    ]);
    let row = rows.get(key);
    if (!row) {
      row = {
        ...{ model, promptProfile, scoring },
        ...defined({ frames, reasoningTags, origin, source }),
        cells: new Map(),
      };
      rows.set(key, row);
    }
    const known = row.cells.get(column.key);
    if (!known || standing(entry) > standing(known.entry))
      row.cells.set(column.key, { entry, main, marks: [], isLike: false });
  }
  for (const column of columns) mark([...rows.values()], column);
  return [...rows.values()];
}

/** Marks what keeps cells of a column from being like for like. The first own entry with the data sets the standard. */
function mark(rows: readonly (UnaveragedRow & { cells: Map<string, Cell> })[], column: Column): void {
  const standard = rows.find((row) => row.origin === undefined && row.cells.has(column.key))?.cells.get(column.key);
  for (const row of rows) {
    const cell = row.cells.get(column.key);
    if (!cell) continue;
    const { entry, main } = cell;
    const marks: string[] = [...entry.flags];
    if (!isLike(main, column)) marks.push(`metric ${main.name}`);
    if (standard && entry.origin === undefined) {
      if (entry.dataset.revision !== standard.entry.dataset.revision) marks.push("other data revision");
      if (entry.judge !== standard.entry.judge) marks.push(`judge ${entry.judge ?? "none"}`);
    }
    const whole = entry.flags.length === 0 && main.value !== null && column.direction !== "neither";
    row.cells.set(column.key, { ...cell, marks, isLike: whole && isLike(main, column) });
  }
}

/** Whether a number is the column's metric on the column's scale. */
const isLike = (main: MetricResult, column: Column) =>
  main.name === column.metric && scaleOf(main.unit) === scaleOf(column.unit);

/** Fractions are shown as per cent: the two are one scale. */
const scaleOf = (unit: MetricResult["unit"]) => (unit === "fraction" ? "percent" : unit);

/** The stated rule: the unweighted mean of the main metrics in per cent, of models that have all of the suite's tasks. */
function suiteColumn(suite: Suite, columns: readonly Column[], notes: string[]): SuiteColumn {
  const averaged: string[] = [];
  const others: string[] = [];
  for (const task of suite.tasks) {
    const column = columns.find((one) => one.task === task);
    const percent =
      column === undefined ||
      ((column.unit === "fraction" || column.unit === "percent") && column.direction === "higher");
    (percent ? averaged : others).push(task);
  }
  const rule = `${suite.name}: mean of ${averaged.length} tasks in per cent, only for models that have all of them`;
  notes.push(others.length > 0 ? `${rule}; not averaged: ${others.join(", ")} (other units)` : rule);
  return { ...suite, averaged };
}

function averagesOf(row: UnaveragedRow, columns: readonly Column[], suites: readonly SuiteColumn[]) {
  const averages = new Map<string, number>();
  for (const { name, averaged } of suites) {
    const values = averaged.map((task) => {
      const column = columns.find((one) => one.task === task);
      const cell = column && row.cells.get(column.key);
      if (!cell || cell.main.value === null || cell.main.name !== column.metric) return undefined;
      return shownValue(cell.main.value, cell.main.unit);
    });
    if (values.length === 0 || values.includes(undefined)) continue;
    averages.set(name, (values as number[]).reduce((sum, value) => sum + value, 0) / values.length);
  }
  return averages;
}

/** A rank counts the entries that are certainly better: their interval lies wholly beyond this one's. */
function withRanks(rows: readonly Row[], columns: readonly Column[]): Row[] {
  const cells = rows.map((row) => new Map(row.cells));
  for (const column of columns) {
    const sign = column.direction === "lower" ? -1 : 1;
    const own = ranksIn(rows, column).map(({ row, cell }) => ({ row, cell, ends: endsOf(cell.main, sign) }));
    for (const { row, cell, ends } of own) {
      const better = own.filter((other) => other.ends.low > ends.high).length;
      cells[row]?.set(column.key, { ...cell, rank: 1 + better });
    }
  }
  return rows.map((row, i) => ({ ...row, cells: cells[i] as Map<string, Cell> }));
}

/**
 * The cells of a column that have a rank, each with the place of its row. A flagged entry that is shown on request has none and
 * counts for nobody: five rows are not the benchmark.
 */
export function ranksIn(
  rows: readonly Row[],
  { key, metric, direction }: Column,
): { readonly row: number; readonly cell: Cell }[] {
  if (direction === "neither") return [];
  return rows.flatMap(({ origin, cells }, row) => {
    const cell = cells.get(key);
    const counts = origin === undefined && cell?.entry.flags.length === 0;
    return cell && counts && cell.main.value !== null && cell.main.name === metric ? [{ row, cell }] : [];
  });
}

/** The interval with larger = better; a number without interval is a point. */
export function endsOf({ value, interval }: MetricResult, sign: number): { low: number; high: number } {
  const [a, b] = interval ?? [value as number, value as number];
  return { low: Math.min(a * sign, b * sign), high: Math.max(a * sign, b * sign) };
}

function sorted(
  rows: readonly Row[],
  columns: readonly Column[],
  suites: readonly SuiteColumn[],
  sort?: string,
): Row[] {
  const by = sort ?? suites[0]?.name ?? fullestColumn(rows, columns)?.key ?? "model";
  const column = columns.find(({ key, task }) => key === by || task === by);
  const isSuite = suites.some(({ name }) => name === by);
  const keyOf = (row: Row): number => {
    if (isSuite) return row.averages.get(by) ?? Number.NEGATIVE_INFINITY;
    const main = column && row.cells.get(column.key)?.main;
    // Another metric, or another scale, has no place among these values.
    if (!main || main.value === null || !isLike(main, column)) return Number.NEGATIVE_INFINITY;
    const shown = shownValue(main.value, main.unit);
    return column.direction === "lower" ? -shown : shown;
  };
  const byName = (a: Row, b: Row) => compareText(a.model, b.model) || compareText(a.origin ?? "", b.origin ?? "");
  return [...rows].sort((a, b) => (by === "model" ? 0 : descending(keyOf(a), keyOf(b))) || byName(a, b));
}

/** The column that most of our own rows have, or most rows where none is ours: what the board is about. The first of several. */
function fullestColumn(rows: readonly Row[], columns: readonly Column[]): Column | undefined {
  const own = rows.filter(({ origin }) => origin === undefined);
  const counted = own.length > 0 ? own : rows;
  const filled = ({ key }: Column) => counted.filter(({ cells }) => cells.has(key)).length;
  return [...columns].sort((a, b) => filled(b) - filled(a))[0];
}

const descending = (a: number, b: number) => (a === b ? 0 : b > a ? 1 : -1);
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Every name that `sort` accepts. */
export function sortKeys(board: Board): string[] {
  return ["model", ...board.suites.map(({ name }) => name), ...board.columns.map(({ task }) => task)];
}
