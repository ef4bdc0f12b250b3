import { createHash } from "node:crypto";
import { htmlText } from "../format/html.js";
import { number, range } from "../format/numbers.js";
import type { Board, Cell, Row } from "./board.js";
import { cellText, footnotes, rowLabel } from "./words.js";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { vertical-align: bottom; }
th small, td small { color: var(--soft); font-weight: normal; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: Canvas; }
tr.elsewhere td { color: var(--soft); font-style: italic; }
.best { font-weight: 600; }
ul { color: var(--soft); font-size: 13px; }
@media print { body { margin: 0; } .scroll { overflow: visible; } }
`;

/** One page without scripts: it may be mailed, put on a static host, or opened from disk. */
export function boardHtml(board: Board, title = "llava-eval leaderboard", links: readonly string[] = []): string {
  const { columns, suites, rows } = board;
  const digest = createHash("sha256").update(style).digest("base64");
  const head = [
    '<th scope="col">model</th>',
    ...suites.map(
      ({ name, averaged }) => `<th scope="col">${htmlText(name)}<br><small>mean of ${averaged.length}</small></th>`,
    ),
    ...columns.map(({ key, metric }) => `<th scope="col">${htmlText(key)}<br><small>${htmlText(metric)}</small></th>`),
  ];
  const files = links.map((link) => `<a href="${htmlText(link)}">${htmlText(link)}</a>`).join(" · ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'">
<title>${htmlText(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${htmlText(title)}</h1>
${files ? `<p>${files}</p>\n` : ""}<div class="scroll" tabindex="0" role="region" aria-label="scores"><table>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${rows.map((row) => htmlRow(row, board)).join("\n")}
</tbody>
</table></div>
<ul>
${footnotes(board)
  .map((note) => `<li>${htmlText(note)}</li>`)
  .join("\n")}
</ul>
</main>
</body>
</html>
`;
}

function htmlRow(row: Row, { columns, suites }: Board): string {
  const cells = [
    `<td>${htmlText(rowLabel(row))}</td>`,
    ...suites.map(({ name }) => `<td>${row.averages.get(name)?.toFixed(1) ?? "-"}</td>`),
    ...columns.map(({ key }) => htmlCell(row.cells.get(key))),
  ];
  return `<tr${row.origin === undefined ? "" : ' class="elsewhere"'}>${cells.join("")}</tr>`;
}

function htmlCell(cell: Cell | undefined): string {
  if (!cell) return "<td>-</td>";
  const { main, entry, rank } = cell;
  const interval = main.interval ? `95 % interval ${range(main.interval, main.unit, number)}; ` : "";
  const details = `${interval}${entry.n ? `${entry.n.scored} of ${entry.n.total} scored` : "number of samples unknown"}; ${entry.run}`;
  return `<td${rank === 1 ? ' class="best"' : ""} title="${htmlText(details)}">${htmlText(cellText(cell))}</td>`;
}
