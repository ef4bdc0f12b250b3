/**
 * The same tasks asked once more in another way, in a run of their own inside the run's folder: what the difference says is written into
 * the Results of the run that they stand beside. Each is resumed, scored and looked at as any other run; below a run nobody looks for runs, so
 * none of them is taken for a score of its own.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { writeRunLeaderboard } from "../../board/leaderboard/collect.js";
import type { Dataset } from "../../core/dataset.js";
import { defined } from "../../core/defined.js";
import type { Task } from "../../core/task.js";
import { isBesideName } from "../../record/copy.js";
import { RunFolder } from "../../record/folder.js";
import type { Identity } from "../../record/identity.js";
import { SampleJournal } from "../../record/journal.js";
import type { Label } from "../../record/keys.js";
import { isRun, openRun, type Run, samplesFile } from "../../record/read.js";
import type { RunManifest } from "../../record/run-manifest.js";
import type { Media } from "../../run/ask.js";
import { type EvaluatedResult, type EvaluatedTask, type Evaluation, evaluate } from "../../run/evaluate.js";
import { identityOf, type RunToIdentify, type TaskToAsk } from "../../run/identity.js";
import type { Selection } from "../../run/plan.js";

export { linesBeside } from "../../board/beside-words.js";

/** One other way of asking. */
export interface Way {
  /** Its folder inside the run's: `blind-none`, `profile-official`. */
  readonly name: string;
  /** What a task is called on the way: `vqav2 without an image`. */
  readonly words: string;
  /** What of it decides the numbers, beside what the tasks' own identity says. */
  readonly decided: Identity;
  /** Whether a task can be asked so. */
  has(label: Label): boolean;
  /** The task as it asks then. */
  taskOf(label: Label, task: Task): Task;
  /** The rows as that task must read them. */
  rowsOf?(label: Label, dataset: Dataset): Dataset;
  /** The rows that are asked at all; absent: every one. */
  readonly only?: Selection["only"];
  /** What else changes of the evaluation. */
  readonly changes: Partial<Pick<Evaluation, "profileOf" | "generationOf" | "blind" | "optionOrder">>;
  /** Other words for the same: where they are not other ones, the answers of whoever was asked first count. */
  readonly isWords?: true;
  /** Images and clips as they are shown then. */
  mediaOf?(media: Media): Media;
}

/** The run that another stands beside. */
export interface AskedFirst {
  readonly path: string;
  readonly chosen: readonly EvaluatedTask[];
  readonly evaluation: Evaluation;
  readonly manifest: RunManifest;
  /** What its identity is made of. */
  readonly identified: RunToIdentify;
  /** The ways that were asked before this one. */
  readonly earlier: readonly Way[];
}

/** How a task ended on another way; its label says which. */
export interface EvaluatedBeside extends EvaluatedResult {
  /** The way's own. */
  readonly folder: string;
}

export const labelBeside = (label: Label, { words }: Way) => `${label} ${words}`;

/** Asks what that run's folder does not have yet. @returns how each task ended */
export async function evaluateBeside(way: Way, first: AskedFirst): Promise<readonly EvaluatedBeside[]> {
  const { drain } = first.evaluation;
  const path = join(first.path, way.name);
  const chosen = first.chosen.filter(({ label }) => way.has(label));
  const { selection, media } = first.evaluation;
  const evaluation = {
    ...first.evaluation,
    ...way.changes,
    selection: { ...selection, ...defined({ only: way.only }) },
    media: way.mediaOf?.(media) ?? media,
    ...(way.isWords ? { answeredFirst: answersBefore(first) } : {}),
  };
  const identity = await identityOf({
    ...first.identified,
    decided: { ...first.identified.decided, ...way.decided },
    tasks: first.identified.tasks
      .filter(({ label }) => way.has(label))
      .map((asked): TaskToAsk => {
        const { profileOf, generationOf } = evaluation;
        const { task, split } = asked;
        const settled = { profile: profileOf(task), generation: generationOf(task, split) };
        return { ...asked, ...settled, task: way.taskOf(asked.label, task) };
      }),
  });
  const name = `${first.manifest.name}-${way.name}`;
  await using folder = await RunFolder.open(path, { ...first.manifest, name, identity }, { fresh: false });
  await folder.setStatus("running");
  try {
    const results = await evaluate(
      chosen.map((one) => ({ ...one, task: way.taskOf(one.label, one.task) })),
      {
        ...evaluation,
        folder,
        openDataset: async (task) => {
          const dataset = await first.evaluation.openDataset(task);
          return way.rowsOf?.(task.label, dataset) ?? dataset;
        },
        events: eventsOf(evaluation, (label) => labelBeside(label, way)),
      },
    );
    // A way that the endpoint left in the middle is not whole: it is compared with nothing until the same command has finished it.
    const cut = drain.aborted || results.some(({ end }) => end === "endpoint-down");
    const incomplete = results.some(({ result }) => result?.flags.includes("incomplete"));
    const status = cut ? "interrupted" : incomplete ? "incomplete" : "done";
    await folder.setStatus(status, folder.finishedBefore);
    await writeRunLeaderboard(path);
    return results.map((one) => ({ ...one, label: labelBeside(one.label, way), folder: path }));
  } catch (error) {
    await folder.setStatus(drain.aborted ? "interrupted" : "incomplete").catch(() => {});
    throw error;
  }
}

/** Of the run itself, and of the ways asked since that are other words too. */
const answersBefore =
  ({ path, evaluation, earlier }: AskedFirst): NonNullable<Evaluation["answeredFirst"]> =>
  async ({ task, label }) => {
    const before = [
      { samples: await evaluation.folder.samples(label, task.metrics), profile: evaluation.profileOf(task) },
    ];
    for (const way of earlier) {
      if (!way.changes.profileOf || !way.has(label)) continue;
      const samples = await SampleJournal.open(samplesFile(join(path, way.name), label), task.metrics);
      before.push({ samples, profile: way.changes.profileOf(task) });
    }
    return before;
  };

const eventsOf = ({ events }: Evaluation, named: (label: string) => string): Evaluation["events"] => ({
  onTaskStart: (label, planned) => events.onTaskStart(named(label), planned),
  onSample: (label, ...rest) => events.onSample(named(label), ...rest),
  onTaskEnd: (label, end) => events.onTaskEnd(named(label), end),
  onTiming: (record) => events.onTiming(record),
});

/** The runs beside one that lie in its folder, whole ones, by the names of their folders. */
export async function runsBeside(path: string): Promise<ReadonlyMap<string, Run>> {
  const found = new Map<string, Run>();
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isDirectory() && isBesideName(entry.name)).sort(byName)) {
    if (!(await isRun(join(path, name)))) continue;
    const run = await openRun(join(path, name));
    if (run.manifest.status === "done" || run.manifest.status === "incomplete") found.set(name, run);
  }
  return found;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name.localeCompare(b.name, "en", { numeric: true });
