import { terminalSafe } from "../../core/terminal-safe.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import type { Board } from "./board.js";
import { type Look, tableOfBoard } from "./table.js";

/** For a terminal, as wide as it is. */
export function boardTable(board: Board, look: Look & Screen = {}): string {
  if (board.rows.length === 0)
    return `${["no entries", ...board.notes].map((line) => terminalSafe(line)).join("\n")}\n`;
  return `${terminalTable(tableOfBoard(board, look, { grouped: false, cited: false }), look)}\n`;
}
