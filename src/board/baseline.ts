/** Baselines: copies of accepted runs below results/baselines/, small enough to be committed beside the code they judge. */
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UserError } from "../core/errors.js";
import type { Flag } from "../core/result.js";
import type { Static } from "../core/schema.js";
import { isRunFolder, openRun, type RunFolder } from "./read-run.js";

export interface AcceptOptions {
  /** Default: the run folder's name. */
  readonly name?: string;
  /** Flags that the run may have; a baseline that is incomplete or partial judges nothing unless it is meant to. */
  readonly allow: readonly Static<typeof Flag>[];
}

export interface Accepted {
  readonly path: string;
  readonly run: RunFolder;
  /** The Results of the baseline that was replaced; its journals are gone. */
  readonly previous: RunFolder["results"];
}

/**
 * Makes a run the baseline: run.json, the Results and the journals (gzipped, byte-identical for equal runs), nothing else.
 * Built beside the old one and renamed: a reader sees one or the other.
 */
export async function acceptBaseline(runDir: string, resultsDir: string, options: AcceptOptions): Promise<Accepted> {
  const run = await openRun(runDir);
  requireAcceptable(run, options.allow);
  const name = options.name ?? basename(run.dir);
  if (!/^[\w][\w.@+-]*$/.test(name)) {
    throw new UserError(`"${name}" cannot be a baseline's name`, "--name", "use letters, digits, ., -, _ and @");
  }
  const folder = join(resultsDir, "baselines");
  const path = join(folder, name);
  if (run.dir === resolve(path)) throw new UserError("this is the baseline itself", runDir, "name a run");
  const replaces = await isRunFolder(path);
  const previous = replaces ? (await openRun(path)).results : new Map();
  const building = join(folder, `.${name}.${process.pid}`);
  await mkdir(building, { recursive: true });
  try {
    await copyRun(run, building);
    if (replaces) await rename(path, `${building}.old`);
    await rename(building, path);
    await rm(`${building}.old`, { recursive: true, force: true });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return { path, run, previous };
}

function requireAcceptable(run: RunFolder, allow: AcceptOptions["allow"]): void {
  const { status } = run.manifest;
  if (status !== "done" && !(status === "incomplete" && allow.includes("incomplete"))) {
    throw new UserError(`the run is ${status}`, run.dir, "run the same command again until it is done");
  }
  if (run.results.size === 0) throw new UserError("the run has no result", run.dir, "name a finished run");
  for (const [task, { flags }] of run.results) {
    const flag = flags.find((one) => !allow.includes(one));
    if (flag) {
      throw new UserError(
        `${task} is flagged "${flag}"`,
        run.dir,
        `accept it nevertheless with --allow ${flag}, or run it in full`,
      );
    }
  }
}

async function copyRun(run: RunFolder, target: string): Promise<void> {
  await copyFile(join(run.dir, "run.json"), join(target, "run.json"));
  const names = await readdir(run.dir);
  for (const task of run.results.keys()) {
    await copyFile(join(run.dir, `${task}.json`), join(target, `${task}.json`));
    for (const journal of [`${task}.samples.jsonl`, `judge.${task}.jsonl`]) {
      if (!names.includes(journal)) continue;
      // Without a time stamp: the same journal gives the same bytes.
      const packed = createWriteStream(join(target, `${journal}.gz`));
      await pipeline(createReadStream(join(run.dir, journal)), createGzip({ level: 9 }), packed);
    }
  }
}
