/** What runs alone write: an output that the user names does not take its place. */
import { open, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { UserError } from "../core/errors.js";
import { manifestFile, readResult } from "./manifest.js";
import { isRun, samplesSuffix } from "./read.js";

const always = ["run.json", "run.lock", "leaderboard.json", "timings.jsonl", "notes.jsonl"];

/** @throws UserError  `path` is a file of a run, or the history of all runs */
export async function requireNoRunsFile(path: string): Promise<void> {
  const file = resolve(path);
  const name = basename(file);
  const isOwn = name === "history.jsonl" || ((await isRun(dirname(file))) && (await isRunsFile(file, name)));
  if (!isOwn) return;
  throw new UserError(
    `${name} is ${name === "history.jsonl" ? "the history of runs" : "a file of the run in this folder"}: nothing else may be written there`,
    path,
    "give the output another name, or another folder",
  );
}

/**
 * A name completed wrongly must not cost somebody his rows.
 * @param beginning  what every file of the output's kind begins with
 * @throws UserError  a file of rows stands there, and what is to be written begins otherwise
 */
export async function requireNoRows(path: string, beginning: string): Promise<void> {
  if (!/\.(jsonl|tsv|parquet)(\.gz)?$/i.test(path)) return;
  // Opened, a pipe would wait for its writer.
  if (!(await stat(path).catch(() => undefined))?.isFile()) return;
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning.length), 0, beginning.length, 0);
  if (bytesRead === 0 || buffer.toString("latin1", 0, bytesRead) === beginning) return;
  throw new UserError(
    "this is a file of rows already, and what is written is none",
    path,
    "give the output another name",
  );
}

/** @throws UserError  the folder is a run's */
export async function requireNoRun(folder: string): Promise<void> {
  if (!(await isRun(folder))) return;
  throw new UserError(
    "this is the folder of a run: pages beside its files would replace some of them",
    manifestFile(folder),
    "give the output a folder of its own",
  );
}

async function isRunsFile(file: string, name: string): Promise<boolean> {
  const plain = name.replace(/\.gz$/, "");
  if (always.includes(name) || plain.endsWith(samplesSuffix) || /^(judge|labels)\..*\.jsonl$/.test(plain)) return true;
  // A Result is told by what is in it; a comparison's JSON may lie beside it.
  return name.endsWith(".json") && (await readResult(file).catch(() => undefined)) !== undefined;
}
