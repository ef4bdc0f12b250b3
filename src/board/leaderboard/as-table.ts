import { terminalSafe } from "../../core/terminal-safe.js";
import { textTable } from "../format/text-table.js";
import type { Board } from "./board.js";
import { cellText, columnTitle, footnotes, rowLabel } from "./words.js";

/** For a terminal. */
export function boardTable(board: Board): string {
  const { columns, suites, rows } = board;
  if (rows.length === 0) return `${["no entries", ...board.notes].map((line) => terminalSafe(line)).join("\n")}\n`;
  const titles = ["model", ...suites.map(({ name }) => name), ...columns.map(columnTitle)];
  const heads = titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) }));
  const cells = rows.map((row) => [
    rowLabel(row),
    ...suites.map(({ name }) => row.averages.get(name)?.toFixed(1) ?? "-"),
    ...columns.map(({ key }) => cellText(row.cells.get(key)) || "-"),
  ]);
  const notes = footnotes(board).map((note) => terminalSafe(note));
  return `${[textTable(heads, cells), "", ...notes].join("\n")}\n`;
}
