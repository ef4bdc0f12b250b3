/** leaderboard.json: one entry for each Result of each run, regenerated from the run folders. */

import { join, relative, resolve, sep } from "node:path";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Result } from "../../core/result.js";
import { writeAllEntries, writeRunEntries } from "../../record/entries.js";
import type { Leaderboard, LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { findRuns, openRun, type Run } from "../../record/read.js";

/** The entries of one run. @param from the folder that `run` is relative to @param groups sub-scores too, as tasks of their own */
export function entriesOf(run: Run, from: string, groups = false): LeaderboardEntry[] {
  const folder = relative(resolve(from), run.dir).replaceAll("\\", "/") || ".";
  return [...run.results.values()].flatMap((result) => {
    // Of a question that nobody could see, or that the benchmark asks otherwise: no score of the benchmark.
    if (result.blind !== undefined || result.optionOrder !== undefined) return [];
    const entry = entryOf(result, folder, run.manifest.finishedAt);
    return groups ? [entry, ...subEntries(entry, result)] : [entry];
  });
}

/** `mmmu subject=Art`: one entry for each value of each group. */
function subEntries(entry: LeaderboardEntry, result: Result): LeaderboardEntry[] {
  return Object.entries(result.groups).flatMap(([group, values]) =>
    Object.entries(values).map(([value, metrics]) => {
      const n = metrics[0]?.n ?? 0;
      const { visionGain: _, spread: __, ...whole } = entry;
      const gains = gainsOfGroup(result, group, value);
      return { ...whole, task: `${entry.task} ${group}=${value}`, metrics, n: { total: n, scored: n }, ...gains };
    }),
  );
}

function gainsOfGroup({ visionGain = {} }: Result, group: string, value: string): Pick<LeaderboardEntry, "visionGain"> {
  const gains = Object.entries(visionGain).flatMap(([way, { metric, unit, groups }]) => {
    const gained = groups[group]?.[value];
    return gained ? [[way, { metric, unit, ...gained }] as const] : [];
  });
  return gains.length > 0 ? { visionGain: Object.fromEntries(gains) } : {};
}

/** Without sub-scores, which are entries of their own, and what a reader of one Result wants to know. */
export const entryGains = ({ visionGain }: Result): LeaderboardEntry["visionGain"] =>
  visionGain &&
  Object.fromEntries(
    Object.entries(visionGain).map(([way, { clusters: _c, leftOut: _l, groups: _g, notes: _n, ...gain }]) => [
      way,
      gain,
    ]),
  );

function entryOf(result: Result, run: string, finishedAt: string | undefined): LeaderboardEntry {
  const { source, configs, split, revision } = result.dataset;
  return {
    model: result.model,
    task: result.task,
    version: result.version,
    scoring: result.scoring,
    ...defined({ reasoningTags: result.reasoningTags }),
    promptProfile: result.promptProfile,
    ...defined({ frames: result.frames?.rule }),
    dataset: { source, ...(configs ? { configs } : {}), split, ...defined({ revision }) },
    ...(result.judge ? { judge: result.judge.model } : {}),
    metrics: result.metrics,
    n: { total: result.n.total, scored: result.n.scored },
    ...defined({ visionGain: entryGains(result), spread: result.spread }),
    flags: result.flags,
    run,
    ...defined({ finishedAt }),
  };
}

export interface Collected {
  readonly entries: readonly LeaderboardEntry[];
  /** Runs that could not be read, each with its reason: one damaged folder does not hide the others. */
  readonly unreadable: readonly string[];
}

/** What `run --fresh` calls the folder that it moved aside. */
const movedAside = /\.old-\d{8}T\d{6}(-\d+)?$/;

/** Entries of all runs below `resultsDir`, without copies (`baselines/`), runs that `--fresh` replaced and runs still going on. */
export async function collectEntries(resultsDir: string, groups = false): Promise<Collected> {
  const baselines = join(resultsDir, "baselines", sep);
  const runs = (await findRuns(resultsDir)).filter((dir) => !dir.startsWith(baselines) && !movedAside.test(dir));
  const entries: LeaderboardEntry[] = [];
  const unreadable: string[] = [];
  for (const dir of runs) {
    try {
      const run = await openRun(dir);
      if (run.manifest.status === "done" || run.manifest.status === "incomplete")
        entries.push(...entriesOf(run, resultsDir, groups));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push(`${error.where}: ${error.message}`);
    }
  }
  return { entries, unreadable };
}

/**
 * Writes `<resultsDir>/leaderboard.json` from the runs below it, under a lock: two runs that end together both appear.
 * @returns what could not be read, for a warning
 */
export function regenerateLeaderboard(resultsDir: string): Promise<Collected> {
  return writeAllEntries(resultsDir, async () => {
    const collected = await collectEntries(resultsDir);
    return { ...collected, board: boardOf(collected.entries) };
  });
}

/** Writes the run's own leaderboard.json: its entries alone. */
export async function writeRunLeaderboard(runDir: string): Promise<void> {
  await writeRunEntries(runDir, boardOf(entriesOf(await openRun(runDir), runDir)));
}

const boardOf = (entries: readonly LeaderboardEntry[]): Leaderboard => ({
  schema: "llava-eval/leaderboard@1",
  entries: [...entries],
});

/** Orders several entries of one model and task, the one that counts last: without flags after flagged, then the latest. */
export const standing = (entry: LeaderboardEntry) => `${entry.flags.length === 0 ? 1 : 0} ${entry.finishedAt ?? ""}`;
