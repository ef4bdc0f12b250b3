/** A run folder read back: small files at once, samples as a stream. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../core/errors.js";
import { JudgeRecord, Result, RunManifest, SampleRecord, TimingRecord } from "../core/result.js";
import { readJsonLines } from "./json-lines.js";
import { checkVersioned, readChecked, readJson, schemaOf } from "./read-file.js";

export interface RunFolder {
  readonly dir: string;
  readonly manifest: RunManifest;
  /** By task name, sorted; only tasks that have a Result. */
  readonly results: ReadonlyMap<string, Result>;
  /**
   * The journal of a task: in row order once the task is done, in the order of completion before. Streamed; a task without a
   * journal has none.
   */
  samples(task: string): AsyncGenerator<SampleRecord>;
  /** Every reply of the task's judge. */
  judgements(task: string): AsyncGenerator<JudgeRecord>;
  timings(): AsyncGenerator<TimingRecord>;
}

/** @throws UserError when `dir` is not a run folder or its files do not have the documented form. */
export async function openRun(dir: string): Promise<RunFolder> {
  const folder = resolve(dir);
  if (!(await isRunFolder(folder))) {
    throw new UserError("not a run folder: it has no run.json", dir, "name a folder that llava-eval run has written");
  }
  const manifest = await readChecked(join(folder, "run.json"), RunManifest, "llava-eval/run@1");
  return {
    dir: folder,
    manifest,
    results: await readResults(folder),
    samples: (task) => readJsonLines(join(folder, `${fileName(task)}.samples.jsonl`), SampleRecord),
    judgements: (task) => readJsonLines(join(folder, `judge.${fileName(task)}.jsonl`), JudgeRecord),
    timings: () => readJsonLines(join(folder, "timings.jsonl"), TimingRecord),
  };
}

/** The samples that a Result counts: a journal may hold more, from an earlier run with a larger limit. */
export async function* samplesOf(run: RunFolder, result: Result): AsyncGenerator<SampleRecord> {
  const { task, offset = 0, limit = Number.POSITIVE_INFINITY } = result;
  for await (const record of run.samples(task)) {
    if (record.index >= offset && record.index < offset + limit) yield record;
  }
}

export async function isRunFolder(dir: string): Promise<boolean> {
  const file = await stat(join(dir, "run.json")).catch(() => undefined);
  return file?.isFile() ?? false;
}

/** Run folders below `dir`, at most `depth` levels down, sorted by path; links are not followed. */
export async function findRuns(dir: string, depth = 2): Promise<string[]> {
  if (await isRunFolder(dir)) return [dir];
  if (depth === 0) return [];
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(dir, entry.name));
  const found = await Promise.all(folders.sort().map((folder) => findRuns(folder, depth - 1)));
  return found.flat();
}

/** Results are known by their `schema` key: a run folder also holds submissions and other JSON. */
async function readResults(folder: string): Promise<ReadonlyMap<string, Result>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json") && !reserved.has(name)).sort();
  const results = new Map<string, Result>();
  for (const name of names) {
    const path = join(folder, name);
    const data = await readJson(path);
    if (!schemaOf(data)?.startsWith("llava-eval/result@")) continue;
    const result = checkVersioned(data, Result, "llava-eval/result@1", path);
    results.set(result.task, result);
  }
  return results;
}

const reserved = new Set(["run.json", "leaderboard.json"]);

/** Task names come from files and may be hostile: they never leave the run folder. */
function fileName(task: string): string {
  const name = basename(task);
  if (name !== task || task.includes("\\") || name.startsWith(".")) {
    throw new UserError(`"${task}" cannot be a task name`, "task", "task names have no slashes and no leading dot");
  }
  return name;
}
