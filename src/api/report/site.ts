/** A leaderboard's site: the board, a page for each model and task, the samples behind each number, the same board in other forms. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Board } from "../../board/leaderboard/board.js";
import { packageRoot } from "../../core/package-root.js";
import type { Result } from "../../core/result.js";
import { makeFolder } from "../../files/make-folder.js";
import { requireNoRun } from "../../record/own-files.js";
import type { Run } from "../../record/read.js";
import { fileNames } from "../../report/site/file-names.js";
import { labelOf, type SiteTask, siteOf, type TaskGroup } from "../../report/site/site.js";
import { writeSite } from "../../report/site/write-site.js";
import { history, historyForms } from "../board/history.js";
import { boardForms, type RunsOptions, runsOf } from "../board/leaderboard.js";
import { chooseTasks, loadTasks, suiteNames } from "../tasks/catalogue.js";
import { packageVersion } from "../versions.js";
import { writePage } from "./view.js";

export interface SiteOptions extends RunsOptions {
  /** Samples of a task whose images are shown. */
  readonly images: number;
  warn(message: string): void;
}

/** What a site calls each form beside its page. A `table` is for a terminal; `model-index` and `eval-results` are of one model. */
const siteFiles: Readonly<
  Record<Exclude<keyof typeof boardForms, "table" | "html" | "model-index" | "eval-results">, string>
> = {
  text: "leaderboard.txt",
  md: "leaderboard.md",
  latex: "leaderboard.tex",
  svg: "leaderboard.svg",
  json: "leaderboard.json",
  csv: "leaderboard.csv",
  "csv-long": "leaderboard-long.csv",
};

/** @throws UserError  the folder is a run's, or cannot be made */
export async function writeBoardSite(board: Board, folder: string, options: SiteOptions): Promise<void> {
  await requireNoRun(folder);
  await makeFolder(folder);
  const runs = await runsOf(board, options);
  const others: Record<string, string> = { ...(await historyPage(board, options.results)), ...modelFiles(board) };
  for (const [form, file] of Object.entries(siteFiles))
    others[file] = boardForms[form as keyof typeof siteFiles](board);
  const labels = [...new Set(board.columns.map(({ task }) => labelOf(task)))];
  const site = siteOf({
    ...{ board, runs, others },
    version: packageVersion(),
    groups: [...board.suites, ...(await taskGroups())],
    tasks: new Map(
      await Promise.all(labels.map(async (label) => [label, await siteTask(label, [...runs.values()])] as const)),
    ),
  });
  await writeSite(site, resolve(folder), (run, place) => writePage([run.dir], place, options));
}

/** How the numbers on the board came about over time, where they did. */
async function historyPage(board: Board, results = "results"): Promise<Record<string, string>> {
  const place = (model: string, task: string, finishedAt = "") => JSON.stringify([model, task, finishedAt]);
  const shown = new Set(
    board.rows.flatMap(({ cells }) =>
      [...cells.values()].map(({ entry }) => place(entry.model, entry.task, entry.finishedAt)),
    ),
  );
  const series = (existsSync(results) ? await history({ results }) : []).filter(
    ({ model, task, points }) =>
      points.length > 1 && points.some(({ finishedAt }) => shown.has(place(model, task, finishedAt))),
  );
  return series.length === 0 ? {} : { "history.html": historyForms.html(series) };
}

/** What a repository on the hub says of its model, for each of ours. */
function modelFiles(board: Board): Record<string, string> {
  const own = board.rows.filter(({ origin }) => origin === undefined);
  const models = new Set(own.map(({ model }) => model));
  const written = (["model-index", "eval-results"] as const).flatMap((form) =>
    [...fileNames(models, (name) => `${form}.${name}.yaml`)].map(([model, file]) => {
      const rows = own.filter((row) => row.model === model);
      return [file, boardForms[form]({ ...board, rows }, {})] as const;
    }),
  );
  return Object.fromEntries(written);
}

/** The suites of the package. */
async function taskGroups(): Promise<TaskGroup[]> {
  const names = [...(await suiteNames())].sort();
  return await Promise.all(
    names.map(async (name) => ({ name, tasks: (await chooseTasks([name])).chosen.map(({ label }) => label) })),
  );
}

async function siteTask(label: string, runs: readonly Run[]): Promise<SiteTask> {
  const [name = label] = label.split("@");
  const task = (await loadTasks()).find((one) => one.name === name);
  const results = runs.flatMap((run) => run.results.get(label) ?? []);
  const prompt = await firstPrompt(label, runs);
  return {
    ...(task ? { about: task.about, cite: task.cite } : {}),
    facts: factsOf(results),
    ...(prompt ? { prompt } : {}),
    agreement: await agreementOf(name),
  };
}

/** What the runs say of their data and of how they scored; where they differ, each. */
function factsOf(results: readonly Result[]): SiteTask["facts"] {
  const each = (of: (result: Result) => string | undefined) =>
    [...new Set(results.flatMap((result) => of(result) ?? []))].join("; ");
  const facts: readonly (readonly [string, string])[] = [
    ["data", each(({ dataset: { source, configs, split } }) => [source, ...(configs ?? []), split].join(", "))],
    ["revision", each(({ dataset: { revision, digest } }) => revision ?? digest)],
    ["rows", each(({ dataset: { rows } }) => (rows === undefined ? undefined : String(rows)))],
    ["licence", each(({ dataset: { licence } }) => licence)],
    ["scoring", each(({ scoring }) => scoring)],
    ["metrics", each(({ metrics }) => metrics.map((metric) => metric.name).join(", "))],
    ["generation", each(({ generation }) => JSON.stringify(generation))],
    ["judge", each(({ judge }) => judge?.model)],
    [
      "second judge",
      each(({ secondJudge }) =>
        secondJudge === undefined || secondJudge.agreement === null
          ? undefined
          : `${secondJudge.model} agrees in ${(100 * secondJudge.agreement).toFixed(1)} % of ${secondJudge.n}`,
      ),
    ],
  ];
  return facts.filter(([, value]) => value !== "");
}

/** The first sample of a journal, in the words that were sent. */
async function firstPrompt(label: string, runs: readonly Run[]): Promise<SiteTask["prompt"]> {
  for (const run of runs) {
    const result = run.results.get(label);
    if (!result) continue;
    for await (const { prompt, images = [], id } of run.counted(result)) {
      if (prompt === undefined) break;
      const profile = result.promptProfile === "default" ? "" : `, profile ${result.promptProfile}`;
      return { text: prompt, images: images.length, of: `sample ${id} as ${result.model} was asked${profile}` };
    }
  }
  return undefined;
}

/** The lines of docs/agreement.md that are about a task: `mmmu (real model outputs, official scores): 0 differences in 908`. */
async function agreementOf(task: string): Promise<string[]> {
  const path = join(packageRoot, "docs", "agreement.md");
  const lines = existsSync(path) ? (await readFile(path, "utf8")).split("\n") : [];
  return lines.flatMap((line) => {
    const [, what = "", against, through = "", agreement] = line.split("|").map((cell) => cell.trim());
    const tasks = /^`score` of ([\w, @]+)/.exec(through)?.[1]?.split(/, (?!else)/) ?? [];
    return tasks.map((name) => name.trim()).includes(task)
      ? [`${what.replaceAll("`", "")} (${against}): ${agreement}`]
      : [];
  });
}
