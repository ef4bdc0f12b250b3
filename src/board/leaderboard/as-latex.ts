import { latexTable } from "../format/latex-table.js";
import { count } from "../format/numbers.js";
import type { Board } from "./board.js";
import { type Look, tableOfBoard } from "./table.js";

/** For a paper: published rows with their citations above ours; standard errors and ranks only when they are asked for. */
export function boardLatex(board: Board, look: Look = {}): string {
  const table = tableOfBoard(board, { stderr: false, rank: false, ...look }, { grouped: true, cited: true });
  const caption = `${count(board.rows.length)} models on ${count(board.columns.length)} tasks. The best of each task is bold, the second underlined.`;
  return latexTable(table, caption);
}
