import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { readPublished } from "../board/leaderboard/published.js";
import { messageOf, UserError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { thumbnail } from "../images/thumbnail.js";
import { findRuns, openRun } from "../record/read.js";
import type { Mark } from "../report/page-data.js";
import { PictureStore } from "../report/pictures.js";
import { ReportSource } from "../report/report-source.js";
import { servePage } from "../report/serve.js";
import { oneFileSamples, writeReport } from "../report/write-report.js";
import { numberFlag } from "./number-flag.js";
import { tasksOfRun } from "./run-dataset.js";
import { collectPictures } from "./run-pictures.js";

interface Arguments {
  readonly runs: string[] | undefined;
  readonly out: string | undefined;
  readonly port: string | undefined;
  readonly pictures: string | undefined;
}

/** Samples of a task whose pictures go into a report unless more are asked for. */
const defaultPictures = 20_000;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("runs", {
        type: "string",
        array: true,
        describe: "one run, or a baseline and a run (default: the newest below results/)",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "write the page to a folder instead of serving it; it opens from disk",
      })
      .option("port", { type: "string", requiresArg: true, describe: "port on 127.0.0.1 (default: any free one)" })
      .option("pictures", {
        type: "string",
        requiresArg: true,
        describe: `samples of a task whose pictures are shown (default ${defaultPictures}; 0 = none)`,
      })
      .example("$0 view results/my-run", "serves the page until Ctrl-C")
      .example("$0 view results/baselines/nightly results/nightly --out report", "a folder to keep or to upload"),
  handler: view,
};

async function view({ runs = [], out, port, pictures }: Arguments): Promise<void> {
  const folders = runs.length > 0 ? runs.map((run) => resolve(run)) : [await newestRun()];
  if (folders.length > 2)
    throw new UserError("at most two runs are shown side by side", "llava-eval view", "name one or two");
  const limit = numberFlag(pictures, "pictures", {
    integer: true,
    min: 0,
    max: Number.POSITIVE_INFINITY,
    fallback: defaultPictures,
  });
  const store = new PictureStore(
    out === undefined ? await mkdtemp(join(tmpdir(), "llava-eval-view-")) : resolve(out),
    thumbnail,
  );
  try {
    const shown = await gatherPictures(folders, store, limit);
    if (out !== undefined) {
      const source = await ReportSource.open(folders, {
        live: false,
        store: "files",
        pictures: shown,
        marks: await publishedMarks(folders),
      });
      const samples = (await source.summary()).tasks.reduce((sum, { states }) => sum + (states[0]?.length ?? 0), 0);
      const page = await writeReport(source, resolve(out), store, samples <= oneFileSamples);
      process.stdout.write(`${page}\n`);
      return;
    }
    const source = await ReportSource.open(folders, {
      live: false,
      store: "server",
      pictures: shown,
      marks: await publishedMarks(folders),
    });
    await using server = await servePage(
      source,
      store,
      numberFlag(port, "port", { integer: true, min: 0, max: 65_535, fallback: 0 }),
    );
    process.stdout.write(`${server.url}\n`);
    process.stderr.write("Ctrl-C to stop\n");
    await new Promise<void>((stop) => {
      process.once("SIGINT", stop);
      process.once("SIGTERM", stop);
    });
  } finally {
    if (out === undefined) await rm(store.folder, { recursive: true, force: true });
  }
}

/** Pictures of every task whose rows are still there; a report without pictures is still a report. */
async function gatherPictures(
  folders: readonly string[],
  store: PictureStore,
  limit: number,
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>();
  const signal = new AbortController().signal;
  for (const folder of limit === 0 ? [] : folders) {
    const run = await openRun(folder);
    for (const chosen of await tasksOfRun(run).catch(() => [])) {
      if (shown.has(chosen.label)) continue;
      try {
        await collectPictures(run, chosen, store, limit, signal);
        shown.add(chosen.label);
      } catch (error) {
        process.stderr.write(`warning: no pictures of ${chosen.label}: ${messageOf(error)}\n`);
      }
    }
  }
  return shown;
}

async function newestRun(): Promise<string> {
  const found = await Promise.all((await findRuns(resolve("results"))).map(openRun));
  const [newest] = found.sort((a, b) => (a.manifest.startedAt < b.manifest.startedAt ? 1 : -1));
  if (!newest) throw new UserError("there is no run to look at", resolve("results"), "name a run's folder");
  return newest.dir;
}

/** Published numbers beside benchmark scores; demo scores have none. */
export async function publishedMarks(folders: readonly string[]): Promise<(task: string) => readonly Mark[]> {
  const runs = await Promise.all(folders.map(openRun));
  const published = await readPublished(join(packageRoot, "configs", "published"));
  return (task) => {
    if (runs.some(({ results }) => results.get(task)?.flags.includes("demo"))) return [];
    return published
      .filter((entry) => entry.task === task)
      .flatMap(({ model, origin, metrics }) => {
        const [metric] = metrics;
        return metric?.value === null || metric === undefined
          ? []
          : [
              {
                label: model,
                value: inFractions(metric.value, metric.unit, runs, task),
                source: origin ?? "published",
              },
            ];
      });
  };
}

/** Papers print percent; a mark stands on the run's own scale. */
function inFractions(
  value: number,
  unit: string,
  runs: readonly { results: ReadonlyMap<string, { metrics: readonly { unit: string }[] }> }[],
  task: string,
): number {
  const ours = runs.map(({ results }) => results.get(task)?.metrics[0]?.unit).find((one) => one !== undefined);
  return unit === "percent" && ours === "fraction" ? value / 100 : value;
}
