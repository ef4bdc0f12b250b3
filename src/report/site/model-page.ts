/** One model: every number of it with its interval, what was asked, and what answered. */
import { htmlText } from "../../board/format/html.js";
import type { Row } from "../../board/leaderboard/board.js";
import { rowLabel } from "../../board/leaderboard/words.js";
import type { Run } from "../../record/read.js";
import { repeatCommand } from "../../record/repeat-command.js";
import { factList, framed, linkTo, numberCells, numberHeads, scroller } from "./frame.js";
import { labelOf, type Site } from "./site.js";

export function modelPage(site: Site, model: string): string {
  const rows = site.board.rows.filter((row) => row.model === model);
  const runs = new Set(
    rows.flatMap(({ origin, cells }) =>
      origin === undefined ? [...cells.values()].flatMap(({ entry }) => site.runs.get(entry.run) ?? []) : [],
    ),
  );
  const body = [
    ...rows.map((row) => scores(site, row, rows.length > 1)),
    ...[...runs].map((run) => runPart(site, run)),
  ].join("\n");
  return framed(site, { title: model, body, depth: 1 });
}

function scores(site: Site, row: Row, named: boolean): string {
  const { columns, suites } = site.board;
  const lines = columns.flatMap(({ key, task }) => {
    const cell = row.cells.get(key);
    if (!cell) return [];
    return `<tr><th scope="row">${linkTo(site.places.tasks.get(labelOf(task)), key, 1)}</th>${numberCells(site, cell)}</tr>`;
  });
  const averages = suites.flatMap(({ name, averaged }) => {
    const value = row.averages.get(name);
    return value === undefined ? [] : [[name, `${value.toFixed(1)}, the mean of ${averaged.length} tasks`] as const];
  });
  const { source } = row;
  const from = source
    ? `<p class="soft">from <a href="${htmlText(source.url)}">${htmlText(source.title)}</a>${source.status === "read" ? "" : `, ${htmlText(source.status)} from a copy of it`}</p>`
    : "";
  const heads = ["task", ...numberHeads].map(
    (words) => `<th scope="col"${words === "remarks" || words === "metric" ? ' class="text"' : ""}>${words}</th>`,
  );
  return `<section>
<h2>${named ? htmlText(rowLabel(row)) : "Scores"}</h2>
${from}
${averages.length === 0 ? "" : factList(averages)}
${scroller(`scores of ${rowLabel(row)}`, `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${lines.join("\n")}</tbody></table>`)}
</section>`;
}

function runPart({ runs, places }: Site, run: Run): string {
  const { manifest } = run;
  const name = [...runs].find(([, one]) => one === run)?.[0] ?? manifest.name;
  const { line, modelFile } = repeatCommand(manifest);
  const words = modelFile === undefined ? line : `# model.yaml\n${modelFile}\n${line}`;
  return `<section>
<h2>Run ${linkTo(places.samples.get(name), name, 1)}</h2>
${factList([
  ["began", manifest.startedAt],
  ...(manifest.finishedAt === undefined ? [] : [["finished", manifest.finishedAt] as const]),
  ...Object.entries(manifest.versions),
])}
<p class="soft">The command that asks for it once more:</p>
<pre tabindex="0" aria-label="command">${htmlText(words)}</pre>
<p class="soft">What answered (fingerprint):</p>
<pre tabindex="0" aria-label="fingerprint">${htmlText(JSON.stringify(manifest.fingerprint, null, 2))}</pre>
</section>`;
}
