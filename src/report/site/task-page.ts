/** One task: what is asked, whose data it is, how it is scored, and who came to what. */
import { htmlText } from "../../board/format/html.js";
import { shownValue } from "../../board/format/numbers.js";
import type { Cell, Column } from "../../board/leaderboard/board.js";
import { rowLabel } from "../../board/leaderboard/words.js";
import { factList, framed, linkTo, numberCells, numberHeads, scroller } from "./frame.js";
import { labelOf, type Site, type SiteTask } from "./site.js";

export function taskPage(site: Site, label: string, task: SiteTask): string {
  const columns = site.board.columns.filter((column) => labelOf(column.task) === label);
  const { prompt, agreement } = task;
  const body = [
    task.about === undefined ? "" : `<p>${htmlText(task.about)}</p>`,
    factList([...task.facts, ...(task.cite === undefined ? [] : [["cite", task.cite] as const])]),
    ...columns.map((column) => results(site, column)),
    ...(prompt
      ? [
          "<h2>Prompt</h2>",
          `<p class="soft">${htmlText(`${prompt.of}; with ${prompt.images === 1 ? "one image" : `${prompt.images} images`}`)}</p>`,
          `<pre tabindex="0" aria-label="prompt">${htmlText(prompt.text)}</pre>`,
        ]
      : []),
    "<h2>Agreement with reference code</h2>",
    agreement.length === 0
      ? '<p class="soft">No reference scores are kept for this task.</p>'
      : `<ul>${agreement.map((line) => `<li>${htmlText(line)}</li>`).join("")}</ul>`,
  ].join("\n");
  return framed(site, { title: label, body, depth: 1 });
}

function results(site: Site, { key, direction }: Column): string {
  const sign = direction === "lower" ? -1 : 1;
  const placeOf = ({ isLike, main }: Cell) =>
    isLike && main.value !== null ? sign * shownValue(main.value, main.unit) : Number.NEGATIVE_INFINITY;
  const rows = site.board.rows
    .flatMap((row) => {
      const cell = row.cells.get(key);
      return cell ? [{ row, cell }] : [];
    })
    .sort((a, b) => (placeOf(b.cell) > placeOf(a.cell) ? 1 : placeOf(b.cell) < placeOf(a.cell) ? -1 : 0));
  const lines = rows.map(
    ({ row, cell }) =>
      `<tr${row.origin === undefined ? "" : ' class="elsewhere"'}><th scope="row">${linkTo(site.places.models.get(row.model), rowLabel(row), 1)}</th>${numberCells(site, cell)}</tr>`,
  );
  const heads = ["model", ...numberHeads].map(
    (words) => `<th scope="col"${words === "remarks" || words === "metric" ? ' class="text"' : ""}>${words}</th>`,
  );
  return `<section>
<h2>${htmlText(key)}</h2>
${scroller(`models in ${key}`, `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${lines.join("\n")}</tbody></table>`)}
</section>`;
}
