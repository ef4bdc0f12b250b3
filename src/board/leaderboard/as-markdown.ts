import { markdownTable } from "../format/markdown.js";
import type { Board } from "./board.js";
import { type Look, tableOfBoard } from "./table.js";

/** For a README or a comment: published rows above ours, the best bold. */
export function boardMarkdown(board: Board, look: Look = {}): string {
  return markdownTable(tableOfBoard(board, look, { grouped: true, cited: false }));
}
