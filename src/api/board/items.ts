/** The items of a task, by the runs that answered them. */
import { obstaclesBetween } from "../../board/compare/comparability.js";
import { type ItemDetail, itemsHtml, itemsOfPage } from "../../board/items/as-html.js";
import { itemsJsonLines, itemsList, itemsMarkdown, itemsTable } from "../../board/items/forms.js";
import type { ItemsReport } from "../../board/items/item.js";
import { measureItems } from "../../board/items/measure.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import { promptImages } from "../../core/prompt.js";
import type { Result } from "../../core/result.js";
import { readImage } from "../../images/encoded.js";
import { thumbnail } from "../../images/thumbnail.js";
import { ownName } from "../../record/manifest.js";
import { findRuns, openRun, type Run } from "../../record/read.js";
import { plan } from "../../run/plan.js";
import { openRunDataset, taskOfRun } from "../record/dataset.js";

export type { ItemsReport };

export interface ItemsOptions {
  /** Folders of runs. Default: every run below `results` that has the task. */
  readonly runs?: readonly string[];
  readonly results: string;
  readonly onWarning: (message: string) => void;
}

/** As text. */
export const itemForms = { table: itemsTable, md: itemsMarkdown, jsonl: itemsJsonLines, list: itemsList };

export interface FoundItems {
  readonly report: ItemsReport;
  readonly runs: readonly Run[];
}

/**
 * @param task  a label: `vqav2`, `vqav2@test`
 * @throws UserError  a folder is no run, or has no such task; fewer than two runs; runs whose numbers mean different things
 */
export async function itemsOf(task: string, { runs: named, results, onWarning }: ItemsOptions): Promise<FoundItems> {
  const folders = named ?? (await findRuns(results));
  const opened = await Promise.all(folders.map(openRun));
  for (const { dir, results: found } of named === undefined ? [] : opened) {
    if (!found.has(task))
      throw new UserError(`the run has no result of ${task}`, dir, `it has ${[...found.keys()].join(", ")}`);
  }
  const runs = once(
    opened.filter(({ dir, results: found }) => {
      const result = found.get(task);
      const why = result?.blind ? "it was asked blind" : result?.optionOrder ? "its options were moved" : undefined;
      if (why !== undefined) onWarning(`${dir} is left out: ${why}`);
      return result !== undefined && why === undefined;
    }),
    onWarning,
  );
  const comparable = comparableRuns(task, runs, { isNamed: named !== undefined, onWarning });
  if (comparable.length < 2) {
    throw new UserError(
      `${task} has ${comparable.length} ${comparable.length === 1 ? "run" : "runs"} that can be put together`,
      named === undefined ? results : "--runs",
      "items are told apart by several runs of different models: name their folders with --runs",
    );
  }
  return { report: await measureItems(task, comparable), runs: comparable };
}

/** A baseline is a copy of its run: the same answers twice. */
function once(runs: readonly Run[], onWarning: ItemsOptions["onWarning"]): Run[] {
  const seen = new Map<string, Run>();
  for (const run of runs) {
    const known = seen.get(ownName(run.manifest));
    if (known) onWarning(`${run.dir} is ${known.dir} once more, and counts once`);
    else seen.set(ownName(run.manifest), run);
  }
  return [...seen.values()];
}

/** Those that agree with as many others as any run does. @throws UserError  named runs do not agree */
function comparableRuns(
  task: string,
  runs: readonly Run[],
  { isNamed, onWarning }: { readonly isNamed: boolean; readonly onWarning: ItemsOptions["onWarning"] },
): Run[] {
  const resultOf = (run: Run) => run.results.get(task) as Result;
  const refusals = (a: Run, b: Run) =>
    obstaclesBetween(resultOf(a), resultOf(b)).filter(({ severity }) => severity === "refuse");
  const agreeing = (one: Run) => runs.filter((other) => refusals(one, other).length === 0);
  const best = runs.map(agreeing).sort((a, b) => b.length - a.length)[0] ?? [];
  const [first] = best;
  for (const run of runs) {
    if (!first || best.includes(run)) continue;
    const why = refusals(first, run)
      .map(({ text }) => text)
      .join("; ");
    if (isNamed) {
      throw new UserError(
        `${first.dir} and ${run.dir} cannot be put together: ${why}`,
        "--runs",
        "name runs of the same rows, version and scoring",
      );
    }
    onWarning(`${run.dir} is left out: ${why}`);
  }
  return best;
}

/**
 * The report as a page, with the words and, where the rows are at hand, the images of the items that it shows.
 * @param images  read rows of the hub again
 */
export async function itemsPage(
  { report, runs }: FoundItems,
  {
    limit,
    images,
    files,
    onWarning,
  }: {
    readonly limit: number;
    readonly images?: boolean;
    /** Task files of the user's: a run from elsewhere loads none that it names itself. */
    readonly files?: readonly string[];
    readonly onWarning: ItemsOptions["onWarning"];
  },
): Promise<string> {
  const shown = new Set(itemsOfPage(report, limit).map(({ index }) => index));
  const [run] = runs as [Run, ...Run[]];
  const result = run.results.get(report.task) as Result;
  const details = new Map<number, ItemDetail>();
  for (const one of runs) {
    for await (const { index, prompt } of one.counted(one.results.get(report.task) as Result)) {
      if (shown.has(index) && prompt !== undefined && !details.has(index)) details.set(index, { prompt, images: [] });
    }
    if (details.size === shown.size) break;
  }
  if (images ?? result.dataset.kind !== "hub") {
    try {
      await addImages(report.task, run, { shown, details, files, onWarning });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onWarning(`the images are not shown: ${error.message}; ${error.fix}`);
    }
  }
  return itemsHtml(report, limit, details);
}

interface Shown {
  readonly shown: ReadonlySet<number>;
  readonly details: Map<number, ItemDetail>;
  readonly files: readonly string[] | undefined;
  readonly onWarning: ItemsOptions["onWarning"];
}

async function addImages(task: string, run: Run, { shown, details, files, onWarning }: Shown): Promise<void> {
  const chosen = await taskOfRun(run, task, { named: files });
  const result = run.results.get(task) as Result;
  await using dataset = await openRunDataset(run, chosen, onWarning);
  if (dataset.facts.digest !== result.dataset.digest) {
    onWarning("the rows have changed since the runs: images are not shown");
    return;
  }
  let left = shown.size;
  for await (const unit of plan(chosen.task, dataset, { offset: 0, repeats: 1 }, new AbortController().signal)) {
    if (left === 0) break;
    if (!shown.has(unit.index) || !("row" in unit)) continue;
    left--;
    const refs = promptImages(chosen.task.prompt(unit.row, result.promptProfile));
    const found = await Promise.all(refs.map(shownImage));
    details.set(unit.index, { ...details.get(unit.index), images: found.flatMap((one) => one ?? []) });
  }
}

/** Nothing where it cannot be decoded: the item's words are worth showing without it. */
async function shownImage(ref: Parameters<typeof readImage>[0]): Promise<ItemDetail["images"][number] | undefined> {
  try {
    const { bytes, width, height } = await readImage(ref);
    const small = await thumbnail(bytes);
    return { uri: `data:image/webp;base64,${Buffer.from(small).toString("base64")}`, words: `${width} × ${height}` };
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return undefined;
  }
}
