import { latexTable } from "../format/latex-table.js";
import { hasBest } from "../format/table.js";
import type { Board } from "./board.js";
import { type Look, tableOfBoard } from "./table.js";
import { sizeWords } from "./words.js";

/** For a paper: published rows with their citations above ours; standard errors and ranks only when they are asked for. */
export function boardLatex(board: Board, look: Look = {}): string {
  const table = tableOfBoard(board, { stderr: false, rank: false, ...look }, { grouped: true, cited: true });
  const [models, tasks] = sizeWords(board, look.columns);
  const marks = hasBest(table) ? " The best of each task is bold, the second underlined." : "";
  const caption = `${models} on ${tasks}.${marks}`;
  return latexTable(table, caption);
}
