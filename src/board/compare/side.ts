/** One side of a comparison: a run, or a model of the leaderboard with the runs behind its entries. */
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../../core/errors.js";
import type { Result } from "../../core/result.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { isFolder, isRun, openRun, type Run } from "../../record/read.js";
import { collectEntries, standing } from "../leaderboard/collect.js";

export interface SideTask {
  readonly run: Run;
  readonly result: Result;
}

export interface Side {
  /** As the user named it. */
  readonly name: string;
  readonly tasks: ReadonlyMap<string, SideTask>;
}

/**
 * @param name a run folder, the name of one below `resultsDir` or `resultsDir/baselines`, or a model of the leaderboard
 * @throws UserError when nothing has this name
 */
export async function resolveSide(name: string, resultsDir: string): Promise<Side> {
  const { side, entries } = await findSide(name, resultsDir);
  if (!side) throw unknown(name, resultsDir, (await isFolder(resultsDir)) ? entries : undefined);
  return side;
}

/** The side of this name, or what the leaderboard has instead. */
async function findSide(
  name: string,
  resultsDir: string,
): Promise<{ readonly side?: Side; readonly entries: readonly LeaderboardEntry[] }> {
  for (const dir of [name, join(resultsDir, name), join(resultsDir, "baselines", name)]) {
    if (await isRun(dir)) return { side: sideOf(name, await openRun(dir)), entries: [] };
  }
  const { entries } = await collectEntries(resultsDir);
  const own = entries.filter((entry) => entry.model === name);
  return { entries, ...(own.length === 0 ? {} : { side: await sideOfEntries(name, own, resultsDir) }) };
}

/** Whether a run or a model of ours has this name. */
export const isSide = async (name: string, resultsDir: string): Promise<boolean> =>
  (await findSide(name, resultsDir)).side !== undefined;

/** The side of one run that is already open. */
export function sideOf(name: string, run: Run): Side {
  return { name, tasks: new Map([...run.results].map(([task, result]) => [task, { run, result }])) };
}

/** Of several runs of one task the one that counts on the leaderboard: without flags before flagged, then the latest. */
async function sideOfEntries(name: string, entries: readonly LeaderboardEntry[], resultsDir: string): Promise<Side> {
  const best = new Map<string, LeaderboardEntry>();
  for (const entry of entries) {
    const known = best.get(entry.task);
    if (!known || standing(entry) > standing(known)) best.set(entry.task, entry);
  }
  const tasks = new Map<string, SideTask>();
  for (const [task, entry] of best) {
    const run = await openRun(resolve(resultsDir, entry.run));
    const result = run.results.get(task);
    if (result) tasks.set(task, { run, result });
  }
  return { name, tasks };
}

/** @param entries  undefined: there is no such folder */
function unknown(name: string, resultsDir: string, entries: readonly LeaderboardEntry[] | undefined): UserError {
  const models = [...new Set(entries?.map((entry) => entry.model))].sort();
  const content = models.length === 0 ? "it is empty" : `it has the models ${models.slice(0, 8).join(", ")}`;
  const known = entries ? content : "which is not there";
  const within = entries ? join(resultsDir, basename(name)) : `--results ${resultsDir}`;
  const where = dirname(name) === "." ? within : name;
  return new UserError(
    `"${name}" is neither a run folder nor a model of the leaderboard`,
    where,
    `name a folder with a run.json, or a model below ${resultsDir} (${known}); --results names another folder; beside a run of yours a published model may stand: "leaderboard --published" lists them`,
  );
}
