/** The report page of finished runs: a folder to keep, or a server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readCurve } from "../../board/watch/curve.js";
import { defined } from "../../core/defined.js";
import { messageOf, UserError } from "../../core/errors.js";
import { thumbnail } from "../../images/thumbnail.js";
import { requireNoRun } from "../../record/own-files.js";
import { findRuns, isRun, openRun } from "../../record/read.js";
import { ImageStore } from "../../report/images.js";
import { NotesDesk } from "../../report/notes-desk.js";
import { mostRuns } from "../../report/page-data.js";
import type { PageServer } from "../../report/page-server.js";
import { ReportSource } from "../../report/report-source.js";
import { servePage } from "../../report/serve.js";
import { oneFileSamples, writeReport } from "../../report/write-report.js";
import { pageComparisons } from "../board/page-comparisons.js";
import { publishedMarks } from "../board/published-marks.js";
import { curveTrends, runTrends, type TrendOf } from "../board/trends.js";
import { tasksOfRun } from "../record/dataset.js";
import { collectImages } from "../record/images.js";
import { clipsOfRun } from "../record/seen-clips.js";

export { mostRuns };

export interface ViewOptions {
  /** Samples of a task whose images are shown. */
  readonly images: number;
  /** Who writes notes; absent: nobody does. */
  readonly notesBy?: string;
  /** Task files of the user's, for the images of a run from elsewhere. */
  readonly tasks?: readonly string[];
  warn(message: string): void;
}

/** Writes the page of one run, or of up to six side by side, to a folder. @returns the page's path */
export async function writePage(folders: readonly string[], out: string, options: ViewOptions): Promise<string> {
  await requireNoRun(resolve(out));
  const store = new ImageStore(resolve(out), thumbnail);
  const { source } = await openSource(folders, store, "files", options);
  const samples = (await source.summary()).tasks.reduce((sum, { states }) => sum + (states[0]?.length ?? 0), 0);
  return await writeReport(source, resolve(out), store, samples <= oneFileSamples);
}

/** Serves that page on 127.0.0.1 until it is disposed of. @param port 0 = any free one */
export async function openPage(folders: readonly string[], port: number, options: ViewOptions): Promise<PageServer> {
  const store = new ImageStore(await mkdtemp(join(tmpdir(), "llava-eval-view-")), thumbnail);
  const remove = () => rm(store.folder, { recursive: true, force: true });
  try {
    const { source, runs } = await openSource(folders, store, "server", options);
    const desk = options.notesBy === undefined ? undefined : await openDesk(source, runs, options.notesBy);
    const server = await servePage(source, store, port, desk);
    return {
      url: server.url,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const openDesk = (source: ReportSource, folders: readonly string[], by: string) =>
  NotesDesk.open({ folders, by, has: (run, task, sample) => source.has(run, task, sample) });

async function openSource(
  folders: readonly string[],
  store: ImageStore,
  kind: "files" | "server",
  options: ViewOptions,
): Promise<{ readonly source: ReportSource; readonly runs: readonly string[] }> {
  const { runs, trend } = await chosenRuns(folders.map((folder) => resolve(folder)));
  const images = await gatherImages(runs, store, options);
  const marks = await publishedMarks(runs);
  const comparisons = await pageComparisons(runs);
  const source = await ReportSource.open(runs, {
    ...{ live: false, store: kind, images, marks, trend, comparisons },
    ...(kind === "server" ? defined({ notesBy: options.notesBy }) : {}),
  });
  return { source, runs };
}

/** The runs that are shown: those named; of a watch's folder its first and its last step, with the curve between them. */
async function chosenRuns(folders: readonly string[]): Promise<{ runs: readonly string[]; trend: TrendOf }> {
  const [only = "", ...others] = folders;
  if (others.length === 0 && !(await isRun(only))) {
    const curve = await readCurve(only);
    const ends = [...new Set([curve.at(0), curve.at(-1)])].flatMap((point) => point?.run.dir ?? []);
    if (ends.length > 0) return { runs: ends, trend: curveTrends(curve) };
  }
  return { runs: folders, trend: await runTrends(folders.at(-1) ?? "") };
}

/** Images of every task whose rows are still there; a report without images is still a report. */
async function gatherImages(
  folders: readonly string[],
  store: ImageStore,
  { images, tasks, warn }: ViewOptions,
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>();
  const signal = new AbortController().signal;
  for (const folder of images === 0 ? [] : folders) {
    const run = await openRun(folder);
    const clips = await clipsOfRun(run, signal);
    const { known, problem } = await tasksOfRun(run, { named: tasks });
    if (problem) warn(`images are not shown: ${problem.message}; ${problem.fix}`);
    for (const chosen of known.values()) {
      if (shown.has(chosen.label)) continue;
      try {
        await collectImages(run, chosen, store, { limit: images, signal, clips });
        shown.add(chosen.label);
      } catch (error) {
        warn(`no images of ${chosen.label}: ${messageOf(error)}`);
      }
    }
  }
  return shown;
}

export async function newestRun(): Promise<string> {
  const found = await Promise.all((await findRuns(resolve("results"))).map(openRun));
  const [newest] = found.sort((a, b) => (a.manifest.startedAt < b.manifest.startedAt ? 1 : -1));
  if (!newest) throw new UserError("there is no run to look at", resolve("results"), "name a run's folder");
  return newest.dir;
}
