/** The board itself: complete without its script, which sorts, searches and filters. */
import { htmlText } from "../../board/format/html.js";
import { number, printed, range, shownValue } from "../../board/format/numbers.js";
import { noteText, raised, type TableCell } from "../../board/format/table.js";
import { type BesideColumn, besideIn, columnsBeside } from "../../board/leaderboard/beside.js";
import type { Board, Cell, Column, Row } from "../../board/leaderboard/board.js";
import { tableOfBoard } from "../../board/leaderboard/table.js";
import { rowLabel } from "../../board/leaderboard/words.js";
import { nameThere } from "../../core/reported-as.js";
import { day, framed, link, linkTo, scroller } from "./frame.js";
import { labelOf, type Site, samplesPlace } from "./site.js";
import { sizeClassOf, sizeOf, sizesOf } from "./size.js";

export function boardPage(site: Site, script: string): string {
  const { board } = site;
  const { sections, notes } = tableOfBoard(board, {}, { grouped: false, cited: false });
  const lines = sections.flatMap(({ rows }) => rows);
  const beside = columnsBeside(board);
  const rows = board.rows.map((row, i) => bodyRow(site, row, lines[i]?.cells ?? [], beside));
  const table = `<table class="board"><thead><tr>${heads(site, beside).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table>`;
  const body = `${controls(site)}
${scroller("scores", table)}
<ul class="soft">
${notes.map((note) => `<li>${htmlText(noteText(note))}</li>`).join("\n")}
${sizesOn(board).length === 0 ? "" : "<li>size: in billions of parameters, as the model's name says</li>\n"}</ul>`;
  return framed(site, { title: "llava-eval leaderboard", body, depth: 0, script });
}

function controls({ board, groups }: Site): string {
  const shown = groupsOnBoard(
    board.columns.map(({ task }) => task),
    groups,
  );
  const sizes = sizesOn(board);
  const option = (value: string, words: string) => `<option value="${htmlText(value)}">${htmlText(words)}</option>`;
  const select = (id: string, words: string, options: readonly string[]) =>
    options.length === 0
      ? ""
      : `<label>${words}<select id="${id}">${option("", "all")}${options.join("")}</select></label>`;
  const foreign = board.rows.some(({ origin }) => origin !== undefined);
  return `<div class="controls" role="search" aria-label="models and tasks" hidden>
<label>models<input type="search" id="search" autocomplete="off"></label>
${select(
  "group",
  "tasks",
  shown.map(({ name }) => option(name, name)),
)}
${select(
  "size",
  "size",
  // One class of all would choose nothing.
  sizes.length > 1 ? sizes.map(({ name, words }) => option(name, words)) : [],
)}
${foreign ? '<label class="check"><input type="checkbox" id="elsewhere" checked>numbers of others</label>' : ""}
<output id="count" class="soft"></output>
</div>`;
}

const sizesOn = ({ rows }: Board) => sizesOf(rows.map(({ model }) => model));

/** Those of which the board has a task, and not every one: they would change nothing. */
function groupsOnBoard(labels: readonly string[], groups: Site["groups"]): Site["groups"] {
  const known = new Set(labels.map(labelOf));
  return groups.filter(({ tasks }) => {
    const there = new Set(tasks.filter((task) => known.has(task)));
    return there.size > 0 && there.size < known.size;
  });
}

function heads({ board, groups, places }: Site, beside: readonly BesideColumn[]): string[] {
  const head = (words: string, more = "", below = "") =>
    `<th scope="col"${more}><button type="button">${htmlText(words)}</button>${below}</th>`;
  const groupsOf = (label: string) =>
    htmlText(JSON.stringify(groups.flatMap(({ name, tasks }) => (tasks.includes(label) ? [name] : []))));
  return [
    head("model", ' data-first="ascending"'),
    ...(sizesOn(board).length === 0 ? [] : [head("size")]),
    ...board.suites.map(({ name, averaged }) =>
      head(name, ` data-groups="${htmlText(JSON.stringify([name]))}"`, `<br><small>mean of ${averaged.length}</small>`),
    ),
    ...board.columns.map(({ key, task, direction, metric, unit }) =>
      head(
        key,
        ` data-groups="${groupsOf(labelOf(task))}"${direction === "lower" ? ' data-first="ascending"' : ""}`,
        `<br><small>${linkTo(places.tasks.get(labelOf(task)), printed({ name: metric, unit }).name, 0)}</small>`,
      ),
    ),
    ...beside.map(({ of, measure }) =>
      head(of.key, ` data-groups="${groupsOf(labelOf(of.task))}"`, `<br><small>${htmlText(measure)}</small>`),
    ),
    head("date"),
  ];
}

function bodyRow(
  site: Site,
  row: Row,
  cells: readonly (TableCell | undefined)[],
  beside: readonly BesideColumn[],
): string {
  const sized = sizesOn(site.board).length > 0;
  const { suites, columns } = site.board;
  const size = sizeOf(row.model);
  const dates = [...row.cells.values()].flatMap(({ entry }) => entry.finishedAt ?? []).sort();
  const newest = dates.at(-1);
  const line = [
    `<th scope="row" data-value="${htmlText(rowLabel(row))}">${linkTo(site.places.models.get(row.model), rowLabel(row), 0)}</th>`,
    ...(sized ? [size === undefined ? "<td>-</td>" : `<td data-value="${size}">${size}</td>`] : []),
    ...suites.map(({ name }, i) => boardCell(cells[i], row.averages.get(name))),
    ...columns.map((column, i) => scoreCell(site, column, cells[suites.length + i], row.cells.get(column.key))),
    ...beside.map((column, i) => {
      const found = besideIn(row, column);
      const value = found?.value == null ? undefined : shownValue(found.value, found.unit);
      return boardCell(cells[suites.length + columns.length + i], value);
    }),
    newest === undefined ? "<td>-</td>" : `<td data-value="${Date.parse(newest)}">${htmlText(day(newest))}</td>`,
  ];
  return `<tr data-size="${sizeClassOf(row.model)}"${row.origin === undefined ? "" : ' class="elsewhere"'}>${line.join("")}</tr>`;
}

function scoreCell(site: Site, column: Column, shown: TableCell | undefined, cell: Cell | undefined): string {
  if (!cell) return "<td>-</td>";
  const { main, entry } = cell;
  const { unit } = printed(main);
  const interval = main.interval ? `95 % interval ${range(main.interval, unit, number)}; ` : "";
  const there = nameThere(main);
  const called = there === undefined ? "" : `reported as "${there}"; `;
  const title = `${called}${interval}${entry.n ? `${entry.n.scored} of ${entry.n.total} scored` : "number of samples unknown"}`;
  // Another metric has no place among a column's values.
  const value = main.value === null || main.name !== column.metric ? undefined : shownValue(main.value, unit);
  return boardCell(shown, value, {
    title,
    place: samplesPlace(site, entry),
  });
}

function boardCell(
  shown: TableCell | undefined,
  value: number | undefined,
  { title, place }: { readonly title?: string; readonly place?: string | undefined } = {},
): string {
  if (!shown) return "<td>-</td>";
  const { value: text, error, rank, marks = "", tone } = shown;
  const attributes = [
    ...(value === undefined ? [] : [`data-value="${value}"`]),
    ...(tone === undefined ? [] : [`class="${tone}"`]),
    ...(title === undefined ? [] : [`title="${htmlText(title)}"`]),
  ];
  const rest = `${raised(marks)}${error === undefined ? "" : ` ±${error}`}${rank === undefined ? "" : ` #${rank}`}`;
  return `<td ${attributes.join(" ")}>${place === undefined ? htmlText(text) : link(place, text, 0)}${rest === "" ? "" : `<small>${htmlText(rest)}</small>`}</td>`;
}
