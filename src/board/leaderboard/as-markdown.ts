import { markdownCell, markdownCode, markdownTable } from "../format/markdown.js";
import type { Board } from "./board.js";
import { cellText, columnTitle, footnotes, rowLabel } from "./words.js";

export function boardMarkdown(board: Board): string {
  const { columns, suites, rows } = board;
  const head = [
    "model",
    ...suites.map(({ name }) => markdownCell(name)),
    ...columns.map((column) => markdownCell(columnTitle(column))),
  ];
  const cells = rows.map((row) => [
    markdownCode(rowLabel(row)),
    ...suites.map(({ name }) => row.averages.get(name)?.toFixed(1) ?? "-"),
    ...columns.map(({ key }) => markdownCell(cellText(row.cells.get(key))) || "-"),
  ]);
  const notes = footnotes(board).map((note) => `- ${markdownCell(note)}`);
  return `${markdownTable(head, cells)}\n\n${notes.join("\n")}\n`;
}
