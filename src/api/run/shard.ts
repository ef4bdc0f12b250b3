import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../core/errors.js";
import { isRun } from "../../record/read.js";
import type { Shard } from "../../run/shard.js";

/** Of a run's folder: where its shards have theirs. */
export const shardsFolder = "shards";

export const isShard = ({ index, count }: Shard): boolean => count >= 1 && count <= 10_000 && index < count;

/**
 * A run without `--shard` asks whatever its own journal lacks: beside shards that nobody merged that is everything, once more.
 * @throws UserError  such shards are there
 */
export async function requireMerged(whole: string): Promise<void> {
  if (await isRun(whole)) return;
  const names = await readdir(join(whole, shardsFolder)).catch(() => []);
  for (const name of names) {
    if (!(await isRun(join(whole, shardsFolder, name)))) continue;
    throw new UserError(
      "this folder has shards of a run, and no run yet",
      join(whole, shardsFolder),
      "join them first with `llava-eval merge` (--partial where some are missing), name another folder with --out, or start over with --fresh",
    );
  }
}

/** `R/shards/03-of-16`. */
export function shardFolder(whole: string, { index, count }: Shard): string {
  const width = Math.max(2, String(count - 1).length);
  return join(whole, shardsFolder, `${String(index).padStart(width, "0")}-of-${count}`);
}

/**
 * `3/16`, or what the scheduler says: `auto` under a Slurm array, `auto/16` where only the index is known (a Kubernetes indexed job).
 * @throws UserError
 */
export function parseShard(text: string, environment: NodeJS.ProcessEnv): Shard {
  const fix = "write --shard I/N with I from 0 to N-1: --shard 0/4";
  const auto = /^auto(?:\/(\d+))?$/.exec(text.trim());
  const plain = /^(\d+)\/(\d+)$/.exec(text.trim());
  if (!auto && !plain) throw new UserError(`"${text}" is no part of a whole`, "--shard", fix);
  const shard = plain
    ? { index: Number(plain[1]), count: Number(plain[2]) }
    : ofScheduler(auto?.[1] === undefined ? undefined : Number(auto[1]), environment);
  if (!isShard(shard)) throw new UserError(`there is no part ${shard.index} of ${shard.count}`, "--shard", fix);
  return shard;
}

function ofScheduler(named: number | undefined, environment: NodeJS.ProcessEnv): Shard {
  const number = (name: string) => {
    const value = environment[name];
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const task = number("SLURM_ARRAY_TASK_ID");
  if (task !== undefined) {
    const step = number("SLURM_ARRAY_TASK_STEP") ?? 1;
    const index = (task - (number("SLURM_ARRAY_TASK_MIN") ?? 0)) / step;
    const count = named ?? number("SLURM_ARRAY_TASK_COUNT");
    if (count !== undefined && Number.isInteger(index)) return { index, count };
  }
  const completion = number("JOB_COMPLETION_INDEX");
  if (completion !== undefined && named !== undefined) return { index: completion, count: named };
  throw new UserError(
    completion === undefined
      ? "no scheduler says which part this is: neither SLURM_ARRAY_TASK_ID with SLURM_ARRAY_TASK_COUNT nor JOB_COMPLETION_INDEX is set"
      : "JOB_COMPLETION_INDEX says which part this is, and nobody says of how many",
    "--shard",
    "under a Slurm array write auto, under a Kubernetes indexed job auto/N, else I/N",
  );
}
