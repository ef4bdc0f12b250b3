/** What all pages of a site share. */
import { saidBeside } from "../../board/beside-words.js";
import { htmlPage, htmlText } from "../../board/format/html.js";
import { number, printed, range } from "../../board/format/numbers.js";
import type { Cell } from "../../board/leaderboard/board.js";
import { nameThere } from "../../core/reported-as.js";
import { type Site, samplesPlace } from "./site.js";

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1);
  --back: light-dark(#fff, #15171b); --link: light-dark(#0b57c4, #8ab4ff); --band: light-dark(#f4f6f8, #1f2329); }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1rem; max-width: 90rem; background: var(--back); }
a { color: var(--link); }
h1 { font-size: 1.5rem; margin: .5rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
nav, .soft, footer, small { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; }
small { font-weight: normal; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 1rem; }
.controls[hidden], [hidden] { display: none; }
.controls label { display: grid; font-size: 13px; color: var(--soft); }
.controls label.check { display: flex; gap: .4rem; align-items: center; padding-bottom: .4rem; }
input, select, button { font: inherit; color: CanvasText; background: var(--back); }
input[type="search"], select { border: 1px solid var(--line); border-radius: 6px; padding: .3rem .5rem; font-size: 15px; width: 100%; }
th button { border: 0; background: none; padding: 0; cursor: pointer; font-weight: 600; text-align: inherit; }
th button::after { content: " ↕"; color: var(--soft); font-weight: normal; }
th[aria-sort="descending"] button::after { content: " ↓"; color: inherit; }
th[aria-sort="ascending"] button::after { content: " ↑"; color: inherit; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { vertical-align: bottom; }
tbody tr:hover :is(th, td) { background: var(--band); }
th:first-child, .text { text-align: left; }
tbody th { font-weight: normal; }
.board tr > :first-child { position: sticky; left: 0; background: var(--back); }
.elsewhere { font-style: italic; }
.best { font-weight: 600; }
.board td a { text-decoration-color: var(--line); }
.board td small { display: inline-block; }
.second, .board .second a { text-decoration: underline 2px; text-underline-offset: 3px; }
thead small { display: inline-block; max-width: 11rem; white-space: normal; }
.said { display: block; min-width: 20rem; max-width: 40rem; white-space: normal; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 6px; padding: .75rem; font-size: 13px; background: var(--band); }
@media (max-width: 600px) {
  th, td { padding: .35rem .5rem; }
  .board tr > :first-child { min-width: 9rem; white-space: normal; overflow-wrap: anywhere; }
  .controls label { flex: 1 1 9rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
}
@media print { body { margin: 0; } .scroll { overflow: visible; } .controls { display: none; } }
`;

interface Frame {
  readonly title: string;
  readonly body: string;
  /** How many folders below the site's own. */
  readonly depth: 0 | 1;
  readonly script?: string;
}

export function framed({ others, board, version }: Site, { title, body, depth, script }: Frame): string {
  const files = Object.keys(others);
  const pages = ["index.html", ...files].filter((file) => file.endsWith(".html"));
  const words = (file: string) => (file === "index.html" ? "leaderboard" : file.replace(".html", ""));
  const dates = board.rows.flatMap(({ cells }) => [...cells.values()].flatMap(({ entry }) => entry.finishedAt ?? []));
  const newest = dates.sort().at(-1);
  const forms = files.filter((file) => !pages.includes(file)).map((file) => link(file, file, depth));
  return htmlPage(title, style, body, {
    ...(script === undefined ? {} : { script }),
    above: `<nav aria-label="pages">${pages.map((file) => link(file, words(file), depth)).join(" · ")}</nav>`,
    below: `<footer><p>the same in other forms: ${forms.join(" · ")}</p>
<p>${newest === undefined ? "" : `newest run ${htmlText(day(newest))}; `}made by llava-eval ${htmlText(version)}</p></footer>`,
  });
}

/** @param place  from the site's folder; a name that a user gave is in it, but never a scheme or a host */
export const link = (place: string, words: string, depth: 0 | 1): string =>
  `<a href="${htmlText(`${depth === 1 ? "../" : ""}${place}`)}">${htmlText(words)}</a>`;

/** A link only where there is something to go to. */
export const linkTo = (place: string | undefined, words: string, depth: 0 | 1): string =>
  place === undefined ? htmlText(words) : link(place, words, depth);

/** `2026-11-30` */
export const day = (time: string) => time.slice(0, 10);

/** A wide table scrolls by itself, also by keys. */
export const scroller = (label: string, table: string): string =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${htmlText(label)}">${table}</div>`;

/** The heads of what stands behind a number, and the cells. */
export const numberHeads = ["metric", "value", "95 % interval", "scored", "rank", "remarks", "date"];

export function numberCells(site: Site, { entry, main, rank, marks }: Cell): string {
  const { unit, name } = printed(main);
  const there = nameThere(main);
  const value = linkTo(samplesPlace(site, entry), number(main.value, unit), 1);
  const scored = entry.n ? `${entry.n.scored} of ${entry.n.total}` : "not said";
  const cells = [
    main.interval ? range(main.interval, unit, number) : "-",
    scored,
    rank === undefined ? "-" : `#${rank}`,
  ];
  const { finishedAt } = entry;
  return [
    `<td class="text">${htmlText(name)}${there === undefined ? "" : `<br><small>${htmlText(`reported as "${there}"`)}</small>`}</td><td>${value}</td>`,
    ...cells.map((text) => `<td>${htmlText(text)}</td>`),
    `<td class="text">${htmlText(marks.join(", "))}${saidBeside(entry)
      .map(({ name, text }) => `<small class="said">${htmlText(`${name}: ${text}`)}</small>`)
      .join("")}</td>`,
    `<td>${finishedAt === undefined ? "-" : htmlText(day(finishedAt))}</td>`,
  ].join("");
}

export const factList = (facts: readonly (readonly [string, string])[]): string =>
  `<dl>${facts.map(([name, value]) => `<dt>${htmlText(name)}</dt><dd>${htmlText(value)}</dd>`).join("")}</dl>`;
