import { terminalSafe } from "../../core/terminal-safe.js";
import { count } from "../format/numbers.js";
import { hasBest, noteText, raised } from "../format/table.js";
import type { Board } from "./board.js";
import { type Look, tableOfBoard } from "./table.js";
import { sizeWords } from "./words.js";

/** As many lines as a chat shows without a button to unfold them. */
const mostLines = 12;

/** For a chat, where columns do not stand below each other: one sentence a model, at most twelve lines. */
export function boardText(board: Board, look: Look = {}): string {
  const table = tableOfBoard(board, { stderr: false, rank: false, ...look }, { grouped: false, cited: false });
  const { columns, sections, notes } = table;
  const rows = sections.flatMap((section) => section.rows);
  const head = `${sizeWords(board, look.columns).join(", ")}${hasBest(table) ? "; ▲ the best of a task" : ""}`;
  const said = rows.map(({ name, cells }) => {
    const numbers = cells.flatMap((cell, i) => {
      if (!cell) return [];
      const { value, error, rank, marks = "", tone } = cell;
      const more = `${error === undefined ? "" : ` ±${error}`}${rank === undefined ? "" : ` (${rank})`}`;
      return [`${columns[i]?.title} ${value}${more}${raised(marks)}${tone === "best" ? "▲" : ""}`];
    });
    return `${name}: ${numbers.join(", ")}`;
  });
  const told = notes
    .filter(({ url, ofRanks }) => url === undefined && !ofRanks)
    .slice(0, 3)
    .map(noteText);
  const room = mostLines - 1 - told.length;
  const shown = said.length <= room ? said : [...said.slice(0, room - 1), `and ${count(said.length - room + 1)} more`];
  return [head, ...shown, ...told].map((line) => `${terminalSafe(line, 400)}\n`).join("");
}
