/** A board as a table that people read: values in the unit of papers, the best two of each column, notes by fact. */
import { nameThere } from "../../core/reported-as.js";
import { number, printed, shownValue } from "../format/numbers.js";
import {
  type Column,
  chosenColumns,
  type Note,
  noteLetters,
  type Section,
  type Table,
  type TableCell,
  type TableRow,
  transposed,
} from "../format/table.js";
import { besideCell, besideIn, columnsBeside } from "./beside.js";
import type { Board, Cell, Row } from "./board.js";
import { rowLabel } from "./words.js";

/** What of the numbers is shown. */
export interface Look {
  /** Behind the point. Default: the unit's own. */
  readonly digits?: number;
  /** ± the standard error. */
  readonly stderr?: boolean;
  readonly rank?: boolean;
  /** Tasks and suites, in this order. Default: all. */
  readonly columns?: readonly string[];
  /** Tasks below each other, models beside each other. */
  readonly transpose?: boolean;
}

interface Form {
  /** Published rows above ours, each group under its title; else all rows in one order. */
  readonly grouped: boolean;
  /** A source is named by a citation, not behind the model. */
  readonly cited: boolean;
}

export function tableOfBoard(board: Board, look: Look, { grouped, cited }: Form): Table {
  const { columns, suites, rows } = board;
  const facts = factsOf(board);
  const beside = columnsBeside(board);
  const lines = rows.map((row): TableRow => {
    const cells = columns.map(({ key }) => cellOf(row.cells.get(key), look, facts.marksOf(row, key)));
    const averages = suites.map(({ name }) => averageOf(row.averages.get(name), look));
    return {
      name: cited && row.source ? row.model : rowLabel(row),
      ...(cited && row.source ? { cite: row.source.cite } : {}),
      ...(row.origin === undefined ? {} : { isForeign: true }),
      cells: [...averages, ...cells, ...beside.map((column) => besideCell(besideIn(row, column), look.digits))],
    };
  });
  const tones = [
    ...suites.map(({ name }) =>
      places(
        rows.map((row) => row.averages.get(name)),
        look,
        "higher",
      ),
    ),
    ...columns.map(({ key, direction }) =>
      places(
        rows.map((row) => comparable(row.cells.get(key))),
        look,
        direction,
      ),
    ),
  ];
  const toned = lines.map((line, r) => ({
    ...line,
    cells: line.cells.map((cell, c) => withTone(cell, tones[c]?.[r])),
  }));
  const table: Table = {
    axes: ["model", "task"],
    columns: [
      ...suites.map(({ name, averaged }) => ({ title: name, measure: `mean of ${averaged.length}` })),
      ...columns.map(({ task, version, metric, unit }) => ({
        title: task,
        ...(version === 0 ? {} : { version: `v${version}` }),
        measure: printed({ name: metric, unit }).name,
      })),
      ...beside.map(({ of, measure, isSpare }) => ({
        title: of.task,
        ...(of.version === 0 ? {} : { version: `v${of.version}` }),
        measure,
        ...(isSpare ? { spare: 1 } : {}),
      })),
    ],
    sections: grouped ? inGroups(rows, toned) : [{ rows: toned }],
    notes: [
      ...facts.notes,
      ...sourceNotes(
        rows.flatMap(({ source }) => (source ? [source] : [])),
        cited,
      ),
      ...rankNotes(lines, board),
      ...board.notes.map((fact) => ({ fact })),
      ...nameNotes(board),
    ],
    transposable: true,
  };
  const chosen = look.columns === undefined ? table : chosenColumns(table, look.columns, isNamed);
  return look.transpose ? transposed(chosen) : chosen;
}

/** `mmmu` means each version of it. */
const isNamed = ({ title, version }: Column, name: string) => title === name || `${title} ${version}` === name;

function cellOf(cell: Cell | undefined, { digits, stderr = true, rank: ranked = true }: Look, marks: string) {
  if (!cell) return undefined;
  const { main, rank } = cell;
  const { unit } = printed(main);
  const made: TableCell = {
    value: number(main.value, unit, digits),
    ...(stderr && main.stderr !== undefined ? { error: number(main.stderr, unit, digits) } : {}),
    ...(ranked && rank !== undefined ? { rank } : {}),
    ...(marks ? { marks } : {}),
  };
  return made;
}

const averageOf = (value: number | undefined, { digits = 1 }: Look): TableCell | undefined =>
  value === undefined ? undefined : { value: value.toFixed(digits) };

/** A value that may be the best of its column, as it is printed. */
function comparable(cell: Cell | undefined): number | undefined {
  if (!cell?.isLike || cell.main.value === null) return undefined;
  return shownValue(cell.main.value, printed(cell.main).unit);
}

/** The best and the second of a column, by what is printed: two equal numbers have one place. Nothing is best of one. */
function places(
  values: readonly (number | undefined)[],
  { digits = 1 }: Look,
  direction: string,
): readonly ("best" | "second" | undefined)[] {
  const sign = direction === "lower" ? -1 : 1;
  const shown = values.map((value) => (value === undefined ? undefined : sign * Number(value.toFixed(digits))));
  const [best, second] = [...new Set(shown.filter((value) => value !== undefined))].sort((a, b) => b - a);
  if (second === undefined || direction === "neither") return values.map(() => undefined);
  return shown.map((value) =>
    value === undefined ? undefined : value === best ? "best" : value === second ? "second" : undefined,
  );
}

const withTone = (cell: TableCell | undefined, tone: TableCell["tone"]) => (cell && tone ? { ...cell, tone } : cell);

/** Others' numbers first, as papers print them; ours last. */
function inGroups(rows: readonly Row[], lines: readonly TableRow[]): Section[] {
  const of = (wanted: (row: Row) => boolean) => lines.filter((_, i) => wanted(rows[i] as Row));
  return [
    { title: "Published", rows: of(({ origin }) => origin === "published") },
    { title: "Other harnesses", rows: of(({ origin }) => origin !== undefined && origin !== "published") },
    { title: "Ours", rows: of(({ origin }) => origin === undefined) },
  ].filter((section) => section.rows.length > 0);
}

/** What keeps cells from being like for like: one note for each fact, its letter in every cell that it is about. */
function factsOf({ rows, columns }: Board): { notes: Note[]; marksOf(row: Row, key: string): string } {
  const about = new Map<string, { row: Row; key: string }[]>();
  for (const { key } of columns)
    for (const row of rows)
      for (const mark of row.cells.get(key)?.marks ?? []) about.set(mark, [...(about.get(mark) ?? []), { row, key }]);
  const facts = [...about.keys()];
  const letterOf = (fact: string) => noteLetters[facts.indexOf(fact)] ?? "*";
  return {
    notes: facts.map((fact) => ({ mark: letterOf(fact), fact, about: cellsText(about.get(fact) ?? []) })),
    marksOf: (row, key) => (row.cells.get(key)?.marks ?? []).map(letterOf).join(""),
  };
}

/** `pope v1 of llava-7b; mmmu v1 of 6 models`. */
function cellsText(cells: readonly { readonly row: Row; readonly key: string }[]): string {
  const byColumn = new Map<string, Row[]>();
  for (const { row, key } of cells) byColumn.set(key, [...(byColumn.get(key) ?? []), row]);
  return [...byColumn]
    .map(([key, of]) => `${key} of ${of.length <= 2 ? of.map(rowLabel).join(" and ") : `${of.length} models`}`)
    .join("; ");
}

/** What the authors of a row's scoring call its numbers: whoever knows their table finds them here. */
function nameNotes({ rows, columns }: Board): Note[] {
  const about = new Map<string, Set<string>>();
  for (const { key } of columns) {
    for (const { scoring, cells } of rows) {
      const main = cells.get(key)?.main;
      const there = main && nameThere(main);
      if (there === undefined) continue;
      const fact = `${scoring} scoring reports ${main?.name} as "${there}"`;
      about.set(fact, (about.get(fact) ?? new Set()).add(key));
    }
  }
  return [...about].map(([fact, keys]) => ({ fact, about: [...keys].join(", ") }));
}

type Source = NonNullable<Row["source"]>;

/** One line for each source: where its numbers are from, and whether anybody looked at the source itself. */
export function sourceNotes(sources: readonly Source[], cited: boolean): Note[] {
  const byTitle = new Map(sources.map((source) => [source.title, source]));
  return [...byTitle.values()].map(({ name, title, url, cite, status, note }) => ({
    fact: cited ? cite : name,
    about: [title, ...(status === "read" ? [] : [`${status} from a copy of it`]), ...(note ? [note] : [])].join("; "),
    url,
  }));
}

const rankRules = {
  intervals: "ranks by task: entries whose 95 % intervals overlap are tied",
  pairs:
    "ranks by task: entries are tied unless a paired test on the samples of both tells them apart (5 %, Holm); without journals of the same rows: unless their 95 % intervals lie apart",
} as const;

const rankNotes = (lines: readonly TableRow[], { ranksBy }: Board): Note[] =>
  lines.some(({ cells }) => cells.some((cell) => cell?.rank !== undefined))
    ? [{ fact: rankRules[ranksBy], ofRanks: true }]
    : [];
