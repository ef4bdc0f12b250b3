/** A run read back: small files at once, samples as a stream. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../core/errors.js";
import type { Result } from "../core/result.js";
import { check, type Static, type TSchema } from "../core/schema.js";
import { readJsonLines } from "../files/lines.js";
import { requireRegular } from "../files/regular-file.js";
import { GrowingJournal } from "./growing-journal.js";
import { JudgeRecord } from "./judge-record.js";
import { fileName, type Label } from "./keys.js";
import { manifestFile, readManifest, readResult } from "./manifest.js";
import type { SampleMetric } from "./outcome.js";
import type { RunManifest } from "./run-manifest.js";
import { readSample, type SampleRecord } from "./samples.js";
import { selectionOf } from "./selection.js";
import { TimingRecord } from "./timing-record.js";

/** What a run left behind, or has left so far. */
export interface Run {
  readonly dir: string;
  readonly manifest: RunManifest;
  /** By label, sorted; only tasks that have a Result. */
  readonly results: ReadonlyMap<Label, Result>;
  /** Every label that has a Result or a journal, in the order asked. */
  readonly labels: readonly Label[];
  /** Its journals are gzipped: a baseline. */
  readonly isPacked: boolean;
  /**
   * The journal of a task: in row order once the task is done, in the order of completion before; of several lines about one
   * sample the last counts. A task without a journal has none.
   */
  samples(label: Label): AsyncGenerator<SampleRecord>;
  /** The samples that a Result of this run counts: a journal may hold more, from an earlier run with a larger limit. */
  counted(result: Result): AsyncGenerator<SampleRecord>;
  /** Every reply of the task's judge, or of its second one. */
  judgements(label: Label, which?: "first" | "second"): AsyncGenerator<JudgeRecord>;
  timings(): AsyncGenerator<TimingRecord>;
  /** For looking at single samples, also while the run goes on. */
  journal(label: Label): GrowingJournal;
}

/** The files of a task. */
export const resultFile = (dir: string, label: Label) => join(dir, `${fileName(label)}.json`);
export const samplesFile = (dir: string, label: Label) => join(dir, `${fileName(label)}${samplesSuffix}`);
export const judgeFile = (dir: string, label: Label) => join(dir, `judge.${fileName(label)}.jsonl`);
export const secondJudgeFile = (dir: string, label: Label) => join(dir, `judge.${fileName(label)}.second.jsonl`);
export const labelsFile = (dir: string, label: Label) => join(dir, `labels.${fileName(label)}.jsonl`);
export const notesFile = (dir: string) => join(dir, "notes.jsonl");
export const timingsFile = (dir: string) => join(dir, "timings.jsonl");
export const samplesSuffix = ".samples.jsonl";

/** @throws UserError when `dir` is not a run folder or its files do not have the documented form. */
export async function openRun(dir: string): Promise<Run> {
  const folder = resolve(dir);
  await requireRegular(manifestFile(folder));
  if (!(await isRun(folder))) {
    throw new UserError("not a run folder: it has no run.json", dir, "name a folder that llava-eval run has written");
  }
  const manifest = await readManifest(folder);
  const names = await readdir(folder);
  const results = await readResults(folder, names);
  requireResults(folder, manifest, results);
  const metricsOf = (label: Label): readonly SampleMetric[] => results.get(label)?.metrics ?? [];
  const samples = (label: Label) => readSamples(samplesFile(folder, label), metricsOf(label));
  return {
    dir: folder,
    manifest,
    results,
    labels: labelsOf(manifest, results, names),
    isPacked: names.some((name) => name.endsWith(`${samplesSuffix}.gz`)),
    samples,
    counted: (result) => countedSamples(samples, result),
    judgements: (label, which = "first") =>
      readRecords((which === "first" ? judgeFile : secondJudgeFile)(folder, label), JudgeRecord),
    timings: () => readRecords(timingsFile(folder), TimingRecord),
    journal: (label) => new GrowingJournal(samplesFile(folder, label)),
  };
}

/**
 * A journal that lost samples since its run finished would be scored as if they had never been answered.
 * @throws UserError
 */
export async function requireCounted(run: Run, result: Result): Promise<void> {
  let scored = 0;
  for await (const { state } of run.counted(result)) if (state === "scored") scored++;
  requireScored(run, result, scored);
}

/** The same, where the journal has been read. @throws UserError */
export function requireScored(run: Run, result: Result, scored: number): void {
  if (scored >= result.n.scored) return;
  throw new UserError(
    `the journal of ${result.task} has ${scored} of the ${result.n.scored} scored samples that its Result counts`,
    run.dir,
    "restore the folder, or run again with --fresh",
  );
}

/** @throws UserError  the run has finished, and a task's Result is gone */
function requireResults(folder: string, { status, identity }: RunManifest, results: ReadonlyMap<Label, Result>): void {
  if (status !== "done") return;
  const named = Object.keys(identity).flatMap((key) => (key.startsWith("task ") ? [key.slice("task ".length)] : []));
  const gone = named.find((label) => !results.has(label));
  if (gone === undefined) return;
  throw new UserError(
    `run.json names the task "${gone}", and its Result is not there`,
    join(folder, `${fileName(gone)}.json`),
    "restore the file, or run again: what was answered is in the journal",
  );
}

export async function isRun(dir: string): Promise<boolean> {
  const file = await stat(manifestFile(dir)).catch(() => undefined);
  return file?.isFile() ?? false;
}

export async function isFolder(dir: string): Promise<boolean> {
  const found = await stat(dir).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** Run folders below `dir`, at most `depth` levels down, sorted by path; links are not followed. */
export async function findRuns(dir: string, depth = 2): Promise<string[]> {
  if (await isRun(dir)) return [dir];
  if (depth === 0) return [];
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(dir, entry.name));
  const found = await Promise.all(folders.sort().map((folder) => findRuns(folder, depth - 1)));
  return found.flat();
}

/** The samples of one journal file, by a path of the user's or of a run. */
export async function* readSamples(path: string, metrics: readonly SampleMetric[] = []): AsyncGenerator<SampleRecord> {
  for await (const { value, where } of readJsonLines(path)) yield readSample(value, where, metrics);
}

async function* countedSamples(samples: Run["samples"], result: Result): AsyncGenerator<SampleRecord> {
  const isCounted = selectionOf({ ...result, limitByCluster: await isByCluster(samples, result) });
  for await (const record of samples(result.task)) if (isCounted(record)) yield record;
}

/** Results of 0.1 do not say what their limit counts. The number of their samples does. */
async function isByCluster(samples: Run["samples"], result: Result): Promise<boolean> {
  if (result.limit === undefined || result.limitByCluster !== undefined) return result.limitByCluster === true;
  const [byRow, byCluster] = [
    selectionOf({ ...result, limitByCluster: false }),
    selectionOf({ ...result, limitByCluster: true }),
  ];
  const [rows, clusters] = [new Set<string>(), new Set<string>()];
  for await (const record of samples(result.task)) {
    const key = `${record.index}/${record.repeat ?? 0}`;
    if (byRow(record)) rows.add(key);
    if (byCluster(record)) clusters.add(key);
  }
  return rows.size !== result.n.total && clusters.size === result.n.total;
}

async function* readRecords<T extends TSchema>(path: string, schema: T): AsyncGenerator<Static<T>> {
  for await (const { value, where } of readJsonLines(path)) {
    yield check(schema, value, where, "the file was changed or damaged: restore it, or delete that line");
  }
}

async function readResults(folder: string, names: readonly string[]): Promise<ReadonlyMap<Label, Result>> {
  const results = new Map<Label, Result>();
  for (const name of names.filter((file) => file.endsWith(".json") && !reserved.has(file)).sort()) {
    const result = await readResult(join(folder, name));
    if (result) results.set(result.task, result);
  }
  return results;
}

const reserved = new Set(["run.json", "leaderboard.json"]);

function labelsOf(manifest: RunManifest, results: ReadonlyMap<Label, Result>, names: readonly string[]): Label[] {
  const journals = names.flatMap((name) => {
    const plain = name.replace(/\.gz$/, "");
    return plain.endsWith(samplesSuffix) ? [plain.slice(0, -samplesSuffix.length)] : [];
  });
  const found = new Set([...results.keys(), ...journals]);
  // A label that the manifest names and that has left nothing yet is none.
  const asked = manifest.tasks.map((name) => basename(name)).filter((name) => found.has(name));
  return [...new Set([...asked, ...[...found].sort()])];
}
