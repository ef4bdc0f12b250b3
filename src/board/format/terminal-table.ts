/** A table for a terminal, made to fit its width by rule: what stands first in the list goes first, and a line says what is left out. */
import { terminalSafe } from "../../core/terminal-safe.js";
import {
  type Column,
  headLines,
  noteText,
  raised,
  type Table,
  type TableCell,
  type Tone,
  transposed,
} from "./table.js";
import { columnsOf, folded, padded } from "./text-table.js";

/** Colours a word; a stream that is no terminal leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;
export const noPaint: Paint = (_tone, text) => text;

export interface Screen {
  /** Columns of characters. Default: endless. */
  readonly width?: number;
  readonly paint?: Paint;
}

/** How much of a table is shown. */
interface Layout {
  readonly table: Table;
  /** Title and measure in two lines. */
  readonly tallHead: boolean;
  readonly short: boolean;
  readonly errors: boolean;
  readonly ranks: boolean;
  /** Characters of a name, and of a title. */
  readonly names: number;
  readonly titles: number;
  /** What a reader is not shown. */
  readonly missing: readonly string[];
}

const endless = Number.POSITIVE_INFINITY;

export function terminalTable(table: Table, { width = endless, paint = noPaint }: Screen = {}): string {
  const fits = fitting(table, width);
  const layout = fits ?? pieceable(table, width);
  const grids = fits === undefined ? inPieces(layout, width) : [gridOf(fits)];
  const left = layout.missing;
  const notes = [
    ...table.notes.filter(({ ofRanks }) => layout.ranks || !ofRanks).map(noteText),
    ...(left.length > 0 ? [`left out to fit ${width} columns: ${left.join(", ")}`] : []),
  ];
  return [
    ...grids.map((grid) => gridText(grid, paint)),
    ...(notes.length > 0 ? [notes.map((note) => inLines(terminalSafe(note), width, paint)).join("\n")] : []),
  ].join("\n\n");
}

const inLines = (note: string, width: number, paint: Paint) =>
  folded(note, width)
    .split("\n")
    .map((line) => paint("soft", line))
    .join("\n");

/** The first layout that fits: two lines of head, fewer words, no errors, no spare columns, no ranks, shorter names, turned round. */
function fitting(table: Table, width: number): Layout | undefined {
  const whole = { table, tallHead: false, short: false, errors: true, ranks: true, names: endless, titles: endless };
  for (const layout of narrower({ ...whole, missing: [] }))
    if (isClear(layout) && gridWidth(gridOf(layout)) <= width) return layout;
  return undefined;
}

/** Two names that were different still are when they are cut. */
function isClear({ table, names, titles }: Layout): boolean {
  const keepsApart = (all: readonly string[], limit: number) =>
    new Set(all.map((name) => middleCut(name, limit))).size === new Set(all).size;
  const rows = table.sections.flatMap((section) => section.rows.map(({ name }) => name));
  return (
    keepsApart(rows, names) &&
    keepsApart(
      table.columns.map(({ title }) => title),
      titles,
    )
  );
}

function* narrower(whole: Layout): Generator<Layout> {
  yield whole;
  let layout: Layout = { ...whole, tallHead: true };
  yield layout;
  const has = (part: (cell: TableCell) => unknown) =>
    layout.table.sections.some(({ rows }) => rows.some(({ cells }) => cells.some((cell) => cell && part(cell))));
  for (const { title } of spareColumns(layout.table)) {
    if (has(({ short }) => short !== undefined) && !layout.short) {
      layout = { ...layout, short: true };
      yield layout;
    }
    layout = { ...layout, table: without(layout.table, title), missing: [...layout.missing, title] };
    yield layout;
  }
  if (has(({ error }) => error !== undefined)) {
    layout = { ...layout, errors: false, missing: [...layout.missing, "±"] };
    yield layout;
  }
  if (has(({ rank }) => rank !== undefined)) {
    layout = { ...layout, ranks: false, missing: [...layout.missing, "ranks"] };
    yield layout;
  }
  for (const [names, titles] of shorter) yield { ...layout, names, titles };
  if (!whole.table.transposable) return;
  const turned = { ...whole, table: transposed(whole.table), tallHead: true };
  yield turned;
  const bare = { ...turned, errors: false, ranks: false, missing: layout.missing };
  yield bare;
  for (const [names, titles] of shorter) yield { ...bare, names, titles };
}

const shorter = [
  [28, 12],
  [20, 8],
] as const;

const spareColumns = ({ columns }: Table) =>
  columns.filter(({ spare }) => spare !== undefined).sort((a, b) => (b.spare as number) - (a.spare as number));

function without(table: Table, title: string): Table {
  const at = table.columns.findIndex((column) => column.title === title);
  const rest = <T>(list: readonly T[]) => list.filter((_, i) => i !== at);
  const sections = table.sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({ ...row, cells: rest(row.cells) })),
  }));
  return { ...table, columns: rest(table.columns), sections };
}

/** Nothing fits: pieces below each other, with errors and ranks where that makes two of them at most. */
function pieceable(table: Table, width: number): Layout {
  const whole = { table, tallHead: true, short: true, names: 28, titles: endless };
  const full: Layout = { ...whole, errors: true, ranks: true, missing: [] };
  if (inPieces(full, width).length <= 2) return full;
  return { ...whole, errors: false, ranks: false, missing: ["±", "ranks"] };
}

/** As many columns at a time as fit, the names in front of each piece. */
function inPieces(layout: Layout, width: number): Grid[] {
  const grid = gridOf(layout);
  const [names = 0, ...others] = grid.widths;
  const pieces: number[][] = [];
  let room = 0;
  for (const [i, columnWidth] of others.entries()) {
    if (columnWidth + gap > room) {
      pieces.push([0]);
      room = width - names;
    }
    pieces.at(-1)?.push(i + 1);
    room -= columnWidth + gap;
  }
  return pieces.map((places) => ({
    widths: places.map((i) => grid.widths[i] as number),
    lines: grid.lines.map((line) => places.map((i) => line[i] as Painted)),
  }));
}

interface Painted {
  readonly text: string;
  readonly tone?: Tone;
}

interface Grid {
  readonly widths: readonly number[];
  /** Every cell of a column has the column's width. */
  readonly lines: readonly (readonly Painted[])[];
}

const gap = 2;

const gridWidth = ({ widths }: Grid) => widths.reduce((sum, width) => sum + width + gap, -gap);

function gridText({ lines }: Grid, paint: Paint): string {
  return lines
    .map((line) => {
      const last = line.findLastIndex(({ text }) => text.trim() !== "");
      return line
        .slice(0, last + 1)
        .map(({ text, tone }, i) => {
          const shown = i === last ? text.trimEnd() : text;
          return tone === undefined ? shown : painted(shown, tone, paint);
        })
        .join(" ".repeat(gap));
    })
    .join("\n");
}

/** The word alone, not the blanks around it. */
function painted(text: string, tone: Tone, paint: Paint): string {
  const word = text.trim();
  return word === "" ? text : text.replace(word, () => paint(tone, word));
}

function gridOf(layout: Layout): Grid {
  const { table, tallHead, names } = layout;
  const rows = table.sections.flatMap((section) => section.rows);
  const heads = table.columns.map((column) => headOf(column, layout));
  const headLines = tallHead ? Math.max(1, ...heads.map((lines) => lines.length)) : 1;
  const named = rows.map(({ name }) => middleCut(terminalSafe(name), names));
  const [axis] = table.axes;
  const nameWidth = Math.max(columnsOf(axis), ...named.map(columnsOf));
  const body = table.columns.map((column, i) =>
    columnText(
      rows.map(({ cells }) => cells[i]),
      column,
      layout,
    ),
  );
  const widths = table.columns.map((_, i) =>
    Math.max(...(heads[i] ?? []).map(columnsOf), ...(body[i] ?? []).map(columnsOf)),
  );
  const place = (text: string, i: number) => padded(text, widths[i] as number, table.columns[i]?.align ?? "right");
  const head = Array.from({ length: headLines }, (_, line): Painted[] => [
    { text: padded(line === 0 ? axis : "", nameWidth, "left") },
    ...heads.map((lines, i): Painted => ({ text: place(lines[line] ?? "", i), ...(line > 0 ? { tone: "soft" } : {}) })),
  ]);
  const lines = rows.map((row, r): Painted[] => [
    { text: padded(named[r] as string, nameWidth, "left"), ...(row.isForeign ? { tone: "soft" } : {}) },
    ...table.columns.map((_, i): Painted => {
      const tone = row.cells[i]?.tone ?? (row.isForeign ? "soft" : undefined);
      return { text: place(body[i]?.[r] ?? "", i), ...(tone ? { tone } : {}) };
    }),
  ]);
  return { widths: [nameWidth, ...widths], lines: [...head, ...lines] };
}

function headOf(column: Column, { tallHead, titles }: Layout): string[] {
  const [first = "", ...others] = headLines(column).map((line) => terminalSafe(line));
  if (!tallHead) return [[first, ...others].join(" ")];
  return [middleCut(first, titles), ...others.map((line) => endCut(line, titles))];
}

/** The cells of one column, their values, errors, ranks and marks each below the other. */
function columnText(
  cells: readonly (TableCell | undefined)[],
  { align = "right" }: Column,
  { short, errors, ranks }: Layout,
): string[] {
  const parts = cells.map((cell): string[] => {
    if (!cell) return [align === "right" ? "-" : "", "", "", ""];
    const marks = cell.marks ? raised(cell.marks) : "";
    const value = terminalSafe((short ? cell.short : undefined) ?? cell.value);
    const error = errors && cell.error !== undefined ? ` ±${cell.error}` : "";
    return [value, marks, error, ranks && cell.rank !== undefined ? ` #${cell.rank}` : ""];
  });
  if (align === "left") return parts.map((of) => of.join(""));
  const widths = [0, 1, 2, 3].map((k) => Math.max(0, ...parts.map((of) => columnsOf(of[k] as string))));
  return parts.map((of) => of.map((part, k) => padded(part, widths[k] as number, k === 0 ? "right" : "left")).join(""));
}

/** Names differ at their ends more often than in their middles. */
function middleCut(text: string, limit: number): string {
  const letters = [...text];
  if (letters.length <= limit) return text;
  const head = Math.floor((limit - 1) / 3);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (limit - 1 - head)).join("")}`;
}

function endCut(text: string, limit: number): string {
  const letters = [...text];
  return letters.length <= limit ? text : `${letters.slice(0, limit - 1).join("")}…`;
}
