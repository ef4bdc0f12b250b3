/** The shards of a run made one: its samples, its verdicts and its Results, as if it had never been cut. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { regenerateLeaderboard, writeRunLeaderboard } from "../../board/leaderboard/collect.js";
import { UserError } from "../../core/errors.js";
import type { Result } from "../../core/result.js";
import type { Scoring } from "../../core/score.js";
import { RunFolder } from "../../record/folder.js";
import { differencesOf, type Identity } from "../../record/identity.js";
import { isRun, openRun, type Run } from "../../record/read.js";
import { mergeTask } from "../../run/merge.js";
import { type Shard, shardName } from "../../run/shard.js";
import { readingOf } from "../../text/visible-answer.js";
import { tasksOfRun } from "../record/dataset.js";
import { type Evaluated, evaluated } from "../record/evaluated.js";
import { parseMaxFailed } from "../settings.js";
import type { Chosen } from "../tasks/catalogue.js";
import { remember } from "./remember.js";
import { isShard, shardFolder, shardsFolder } from "./shard.js";

export interface MergeOptions {
  /** Merge what is there although shards are missing: the run without `shard` asks the rest. */
  readonly partial?: boolean;
  /** Task files of the user's: shards from elsewhere load none that they name themselves. */
  readonly tasks?: readonly string[];
}

export interface Merged extends Evaluated {
  /** Shards that are not there, or have not finished, and in what state they are. Without `partial` nothing was merged then. */
  readonly missing: readonly { readonly shard: string; readonly state: string }[];
  /** Samples that two of them had, with equal words. */
  readonly repeated: number;
  /** Where such words differ: `vqav2 12/0`. The first stays. */
  readonly changed: readonly string[];
}

/**
 * Joins what `run --shard` left below a run's folder.
 * @param name  the run's folder
 * @throws UserError  there are no shards, they are of different cuts or runs, or the folder holds another run
 */
export async function merge(name: string, { partial = false, tasks }: MergeOptions = {}): Promise<Merged> {
  const whole = resolve(name);
  const { count, found } = await shardsBelow(whole);
  const all = Array.from({ length: count }, (_, index): Shard => ({ index, count }));
  const missing = all.flatMap((shard) => {
    const status = found.get(shard.index)?.manifest.status;
    return status === "done" || status === "incomplete"
      ? []
      : [{ shard: shardName(shard), state: status ?? "not begun" }];
  });
  const shards = [...found].sort(([a], [b]) => a - b).map(([, run]) => run);
  requireOneRun(shards);
  if (missing.length > 0 && !partial) return { ...evaluated(whole, []), missing, repeated: 0, changed: [] };

  const [first] = shards as [Run, ...Run[]];
  const { shard: _i, ...identity } = first.manifest.identity;
  const { shard: _c, ...config } = first.manifest.config;
  const { finishedAt: _f, ...manifest } = first.manifest;
  await using folder = await RunFolder.open(whole, { ...manifest, identity, config }, { fresh: false });
  await folder.setStatus("running");
  const { scoring, reasoningTags } = identity as { scoring?: Scoring; reasoningTags?: readonly string[] };
  const rules = {
    reading: readingOf(scoring ?? "official", reasoningTags),
    maxFailed: parseMaxFailed(config["max-failed"] === undefined ? undefined : String(config["max-failed"])),
    isWhole: missing.length === 0,
  };
  const results: Result[] = [];
  const changed: string[] = [];
  let repeated = 0;
  for (const { task, split, label } of await tasksOfShards(shards, tasks)) {
    const merged = await mergeTask({ ...{ folder, task, split, label, shards }, ...rules });
    if (merged.result) results.push(merged.result);
    repeated += merged.repeated;
    changed.push(...merged.changed);
  }
  await joinTimings(folder, shards);
  const incomplete = results.some(({ flags }) => flags.includes("incomplete"));
  await folder.setStatus(rules.isWhole ? (incomplete ? "incomplete" : "done") : "interrupted");
  await writeRunLeaderboard(whole);
  if (rules.isWhole) await remember(whole);
  const board = resolve("results");
  if (existsSync(board) && whole.startsWith(board)) await regenerateLeaderboard(board);
  return { ...evaluated(whole, results), missing, repeated, changed };
}

/** Every task that one of them has: with few samples a shard may have none of one. @throws UserError  one is not known here */
async function tasksOfShards(shards: readonly Run[], named: readonly string[] | undefined): Promise<Iterable<Chosen>> {
  const all = new Map<string, Chosen>();
  for (const shard of shards) {
    const { known, problem } = await tasksOfRun(shard, { named });
    if (problem) throw problem;
    for (const [label, chosen] of known) if (!all.has(label)) all.set(label, chosen);
  }
  return all.values();
}

async function shardsBelow(whole: string): Promise<{ count: number; found: Map<number, Run> }> {
  const below = join(whole, shardsFolder);
  const names = await readdir(below).catch(() => [] as string[]);
  const shards = names.flatMap((name): Shard[] => {
    const parts = /^(\d+)-of-(\d+)$/.exec(name);
    if (!parts) return [];
    const shard = { index: Number(parts[1]), count: Number(parts[2]) };
    if (!isShard(shard) || basename(shardFolder(whole, shard)) !== name) {
      throw new UserError(
        "no run of ours has a shard of this name",
        join(below, name),
        "move it away, or give it the name that `run --shard` gave it: 03-of-16",
      );
    }
    return [shard];
  });
  const counts = [...new Set(shards.map(({ count }) => count))].sort((a, b) => a - b);
  const [count] = counts;
  if (count === undefined) {
    throw new UserError(
      "there are no shards to merge",
      below,
      "name the folder that `run --out DIR --shard I/N` was given",
    );
  }
  if (counts.length > 1) {
    throw new UserError(
      `there are shards of different cuts: ${counts.map((n) => `of ${n}`).join(", ")}`,
      below,
      "keep those of one cut, and move the others away",
    );
  }
  const found = new Map<number, Run>();
  for (const shard of shards) {
    const folder = shardFolder(whole, shard);
    if (!(await isRun(folder))) continue;
    const run = await openRun(folder);
    requirePart(run, shard);
    found.set(shard.index, run);
  }
  return { count, found };
}

/** @throws UserError  the folder holds another part than its name says, as after a copy to the wrong place */
function requirePart({ dir, manifest, results }: Run, shard: Shard): void {
  const named = shardName(shard);
  const parts = [manifest.identity.shard, ...[...results.values()].map((result) => result.shard)];
  const other = parts.find((part) => part !== named);
  if (parts.length === 0 || other === undefined) return;
  throw new UserError(
    `this folder holds part ${other} of the run, and its name says ${named}`,
    dir,
    "put each part into the folder of its name, or run that part again",
  );
}

/** @throws UserError  the shards answer different questions, or were asked of different models */
function requireOneRun(shards: readonly Run[]): void {
  const [first, ...others] = shards;
  if (!first) return;
  for (const other of others) {
    const differences = differencesOf(apartFromShard(first), apartFromShard(other));
    if (differences.length > 0) {
      const lines = differences.map((line) => line.replace("in the folder", "there").replace(/ now$/, " here"));
      throw new UserError(
        `this shard is of another run than ${first.dir}:\n${lines.map((line) => `    ${line}`).join("\n")}`,
        other.dir,
        "run it again with the settings, the data and the model of the others",
      );
    }
  }
}

function apartFromShard({ manifest }: Run): Identity {
  const { shard: _, ...identity } = manifest.identity;
  return identity;
}

/** Once each: a folder that was merged before has them. */
async function joinTimings(folder: RunFolder, shards: readonly Run[]): Promise<void> {
  const known = new Set<string>();
  const log = await folder.timings((line) => known.add(JSON.stringify(line)));
  try {
    for (const shard of shards) {
      for await (const record of shard.timings()) if (!known.has(JSON.stringify(record))) await log.append(record);
    }
  } finally {
    await log.close();
  }
}
