/** What earlier runs came to: the lines that finished runs leave in results/history.jsonl, as series. */
import { existsSync } from "node:fs";
import type { Screen } from "../../board/format/terminal-table.js";
import { historyCsv } from "../../board/history/as-csv.js";
import { historyHtml } from "../../board/history/as-html.js";
import { historySvg } from "../../board/history/as-svg.js";
import { historyLatex, historyMarkdown, historyTable, historyText } from "../../board/history/as-table.js";
import { type Series, seriesOf } from "../../board/history/series.js";
import { type HistoryLook, historyColumns } from "../../board/history/table.js";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { readHistory } from "../../record/history.js";
import { numberIn } from "./number-in.js";

export { historyColumns };

export interface HistoryOptions {
  /** Where the runs are. Default "results". */
  readonly results?: string;
  /** Only these labels. */
  readonly tasks?: readonly string[];
  /** Only these models. */
  readonly models?: readonly string[];
  /** A change of level counts below this p. Default 0.01. */
  readonly alpha?: number;
  /** Seeds the permutations. Default 0. */
  readonly seed?: number;
}

export const historyNumbers = {
  alpha: { min: 0.0005, max: 0.5, fallback: 0.01 },
  seed: { min: 0, max: 2 ** 31, integer: true, fallback: 0 },
} as const;

/**
 * Series of all runs that have finished below a folder, with the changes of their level.
 * @throws UserError  the folder is not there, or a task or model has no run in it
 */
export async function history(options: HistoryOptions = {}): Promise<readonly Series[]> {
  const { results = "results", tasks, models } = options;
  const number = (name: keyof typeof historyNumbers) =>
    numberIn(options[name] ?? historyNumbers[name].fallback, name, historyNumbers[name]);
  const alpha = number("alpha");
  const seed = number("seed");
  if (!existsSync(results))
    throw new UserError("there is no such folder", `--results ${results}`, "name the folder that has the runs");
  const lines = await readHistory(results);
  requireKnown(tasks, "--tasks", new Set(lines.map(({ task }) => task)));
  requireKnown(models, "--models", new Set(lines.map(({ model }) => model)));
  return seriesOf(lines, { ...(tasks ? { tasks } : {}), ...(models ? { models } : {}), alpha, seed });
}

/** Series as text. */
export const historyForms = {
  table: historyTable,
  text: (series) => historyText(series),
  md: historyMarkdown,
  latex: historyLatex,
  json: (series) => `${JSON.stringify(series, null, 2)}\n`,
  csv: historyCsv,
  html: (series) => historyHtml(series),
  svg: (series) => historySvg(series),
} satisfies Record<string, (series: readonly Series[], look: HistoryLook & Screen) => string>;

function requireKnown(names: readonly string[] | undefined, where: string, known: ReadonlySet<string>): void {
  const unknown = names?.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const there = [...known].sort();
  throw new UserError(
    `no run of "${unknown}" in the history`,
    where,
    there.length === 0 ? "the history has no run yet" : `${didYouMean(unknown, there)}there are: ${there.join(", ")}`,
  );
}
