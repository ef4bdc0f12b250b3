import { terminalSafe } from "../../core/terminal-safe.js";
import { latexTable } from "../format/latex-table.js";
import { markdownTable } from "../format/markdown.js";
import { count, number, printed } from "../format/numbers.js";
import { sparkline } from "../format/sparkline.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import type { Series } from "./series.js";
import { changeText, type HistoryLook, historyColumns, tableOfHistory } from "./table.js";

/** For a terminal, as wide as it is: one line a series, and a note for each change of level with the first run that had it. */
export const historyTable = (series: readonly Series[], look: HistoryLook & Screen = {}): string =>
  `${terminalTable(tableOfHistory(series, look), look)}\n`;

export const historyMarkdown = (series: readonly Series[], look: HistoryLook = {}): string =>
  markdownTable(tableOfHistory(series, look));

/** For a paper, whose fonts have no bars: without the course. */
export function historyLatex(series: readonly Series[], look: HistoryLook = {}): string {
  const columns = (look.columns ?? historyColumns).filter((title) => title !== "course");
  return latexTable(
    tableOfHistory(series, { ...look, columns }),
    "Results of the latest runs, and the lowest and highest of all.",
  );
}

const mostLines = 12;

/** For a chat: a line a series, those that changed first; at most twelve. */
export function historyText(series: readonly Series[]): string {
  const changed = [...series].sort((a, b) => b.changes.length - a.changes.length);
  const lines = changed.map((one) => {
    const { task, model, setup, points, changes } = one;
    const { unit } = printed({ name: one.metric, unit: one.unit });
    const course = sparkline(points.slice(-30).map(({ metric }) => metric.value as number));
    const last = changes.at(-1);
    const told = last === undefined ? "" : `, ${changeText(one, last)}`;
    const name = setup === "" ? task : `${task} (${setup})`;
    return `${name} of ${model}: ${number(points.at(-1)?.metric.value, unit)} ${course}${told}`;
  });
  const shown =
    lines.length <= mostLines
      ? lines
      : [...lines.slice(0, mostLines - 1), `and ${count(lines.length - mostLines + 1)} more`];
  return shown.map((line) => `${terminalSafe(line, 400)}\n`).join("");
}
