import { nameThere } from "../../core/reported-as.js";
import { htmlPage, htmlText } from "../format/html.js";
import { number, printed, range } from "../format/numbers.js";
import { noteText, raised, type TableCell, type TableRow } from "../format/table.js";
import type { Board, Cell } from "./board.js";
import { tableOfBoard } from "./table.js";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1); }
body { font: 15px/1.5 system-ui, sans-serif; background: Canvas; margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { vertical-align: bottom; }
th small { display: inline-block; max-width: 11rem; white-space: normal; }
th small, td small { color: var(--soft); font-weight: normal; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: Canvas; }
tr.elsewhere td { color: var(--soft); font-style: italic; }
.best { font-weight: 600; }
ul { color: var(--soft); font-size: 13px; }
@media print { body { margin: 0; } .scroll { overflow: visible; } }
`;

/** One page without scripts: it may be mailed, put on a static host, or opened from disk. */
export function boardHtml(board: Board): string {
  const { columns, sections, notes } = tableOfBoard(board, {}, { grouped: false, cited: false });
  const rows = sections.flatMap((section) => section.rows);
  const head = [
    '<th scope="col">model</th>',
    ...columns.map(
      ({ title, version = "", measure = "" }) =>
        `<th scope="col">${htmlText(`${title} ${version}`)}<br><small>${htmlText(measure)}</small></th>`,
    ),
  ];
  return htmlPage(
    "llava-eval leaderboard",
    style,
    `<div class="scroll" tabindex="0" role="region" aria-label="scores"><table>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${rows.map((row, i) => htmlRow(row, board, i)).join("\n")}
</tbody>
</table></div>
<ul>
${notes.map((note) => `<li>${htmlText(noteText(note))}</li>`).join("\n")}
</ul>`,
  );
}

function htmlRow({ name, isForeign, cells }: TableRow, { suites, columns, rows }: Board, place: number): string {
  const of = (i: number) => rows[place]?.cells.get(columns[i - suites.length]?.key ?? "");
  const line = [`<td>${htmlText(name)}</td>`, ...cells.map((cell, i) => htmlCell(cell, of(i)))];
  return `<tr${isForeign ? ' class="elsewhere"' : ""}>${line.join("")}</tr>`;
}

/** @param of  the board's cell; an average has none */
function htmlCell(cell: TableCell | undefined, of: Cell | undefined): string {
  if (!cell) return "<td>-</td>";
  const { value, error, rank, marks = "" } = cell;
  const text = `${value}${raised(marks)}${error === undefined ? "" : ` ±${error}`}${rank === undefined ? "" : ` #${rank}`}`;
  return `<td${rank === 1 ? ' class="best"' : ""}${of ? ` title="${htmlText(detailsOf(of))}"` : ""}>${htmlText(text)}</td>`;
}

function detailsOf({ main, entry }: Cell): string {
  const { unit } = printed(main);
  const interval = main.interval ? `95 % interval ${range(main.interval, unit, number)}; ` : "";
  const there = nameThere(main);
  const called = there === undefined ? "" : `reported as "${there}"; `;
  return `${called}${interval}${entry.n ? `${entry.n.scored} of ${entry.n.total} scored` : "number of samples unknown"}; ${entry.run}`;
}
