import type { BlindWay } from "../core/blind.js";
import type { Dataset } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { digestOf } from "../core/digest.js";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { PromptProfile } from "../core/prompt.js";
import type { Result } from "../core/result.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Reading, Scoring } from "../core/score.js";
import { hasClips, isFallback, judgeOf, judgeUnder, type Split, type Task } from "../core/task.js";
import type { LineLog } from "../files/line-log.js";
import type { RunFolder } from "../record/folder.js";
import type { Label } from "../record/keys.js";
import type { SampleRecord } from "../record/samples.js";
import type { TimingRecord } from "../record/timing-record.js";
import type { AnsweredFirst } from "./answered-first.js";
import type { Media } from "./ask.js";
import { conclude } from "./conclude.js";
import { JudgePanel } from "./judge.js";
import { plannedCount, type Selection } from "./plan.js";
import { runTask, type TaskEnd, type TaskRun, timingOf } from "./run-task.js";
import { compareJudges } from "./second-judge.js";
import { shardName } from "./shard.js";
import type { SummaryRules } from "./summarise.js";
import type { UntilDecided } from "./until-decided.js";

export interface EvaluatedTask {
  readonly task: Task;
  readonly split: Split;
  /** Names the task's files: `vqav2`, `vqav2@test`. */
  readonly label: Label;
  /** Items that are not asked: those of a list, and the ones of it that the rows had so far. */
  readonly without?: { readonly list: string; readonly ids: ReadonlySet<string>; readonly seen: ReadonlySet<string> };
}

export interface Evaluation {
  readonly folder: RunFolder;
  readonly runner: Runner;
  readonly judge?: Runner;
  /** Asked about the same answers, to see how far two judges agree. */
  readonly secondJudge?: Runner;
  readonly media: Media;
  /** Which frames of clips are shown, and what decodes them; absent: no task has clips. */
  readonly frames?: Result["frames"];
  /** A judge's reply without the thoughts that it holds. */
  withoutReasoning(text: string): string;
  openDataset(task: EvaluatedTask): Promise<Dataset>;
  readonly selection: Selection;
  readonly scoring: Scoring;
  readonly reading: Reading;
  readonly seed: number;
  readonly concurrency?: number;
  readonly maxFailed: SummaryRules["maxFailed"];
  /** The model itself is a demo: its scores are never benchmark scores. */
  readonly demoModel: boolean;
  /** What the tasks' questions lack here; absent: nothing. */
  readonly blind?: BlindWay;
  /** By how many places the tasks' options are moved on; absent: not at all. */
  readonly optionOrder?: number;
  /** The prompt profile and generation options of a task, flags applied. */
  profileOf(task: Task): PromptProfile;
  generationOf(task: Task, split: Split): GenerationOptions;
  readonly drain: AbortSignal;
  readonly abort: AbortSignal;
  readonly events: RunEvents;
  /** Of a run that asks by another prompt profile beside one: the answers of that run, and of profiles asked since, to be closed. */
  answeredFirst?(task: EvaluatedTask): Promise<readonly AnsweredFirst[]>;
  /** Each task is asked until it is decided how it compares with another run. */
  until?(task: EvaluatedTask): UntilDecided;
  /**
   * Has others ask what a task's journal lacks; absent: this process asks.
   * @returns how the task ended; undefined where something is left to do beside its rows
   */
  share?(task: TaskRun): Promise<TaskEnd | undefined>;
}

export interface RunEvents {
  onTaskStart(label: string, planned: number | undefined): void;
  onSample(label: string, record: SampleRecord, output?: Output): void;
  onTiming(record: TimingRecord): void;
  onTaskEnd(label: string, end: TaskEnd): void;
}

export interface EvaluatedResult {
  readonly label: string;
  readonly end: TaskEnd["how"];
  /** Why the endpoint is taken for down. */
  readonly detail?: string;
  /** Absent when the task was interrupted before its end: its journal goes on with the next run. */
  readonly result?: Result;
}

/** Evaluates the tasks one after the other; each task's files are complete before the next begins. */
export async function evaluate(tasks: readonly EvaluatedTask[], evaluation: Evaluation): Promise<EvaluatedResult[]> {
  const { folder, drain } = evaluation;
  const timings = await folder.timings();
  const results: EvaluatedResult[] = [];
  try {
    for (const task of tasks) {
      if (drain.aborted) break;
      results.push(await evaluateTask(task, evaluation, timings));
    }
  } finally {
    await timings.close();
  }
  return results;
}

async function evaluateTask(
  { task, split, label, without }: EvaluatedTask,
  evaluation: Evaluation,
  timings: LineLog,
): Promise<EvaluatedResult> {
  const { folder, runner, selection, scoring, reading, seed, events } = evaluation;
  const profile = evaluation.profileOf(task);
  const generation = evaluation.generationOf(task, split);
  await using dataset = await evaluation.openDataset({ task, split, label });
  requireSameRows(folder, label, dataset);

  const onTiming = (record: TimingRecord) => {
    events.onTiming(record);
    void timings.append(record).catch(() => {}); // the journal's own failure ends the run; timings are not worth it
  };
  const openPanel = async (judge: Runner | undefined, which: "first" | "second") =>
    judgeOf(task, split, scoring) && judge
      ? await JudgePanel.open({
          ...{ folder, label, which, runner: judge, readImage: evaluation.media.readImage },
          withoutReasoning: evaluation.withoutReasoning,
          onOutput: (sample, output) => onTiming(timingOf(label, sample, "judge", output)),
          drain: evaluation.drain,
        })
      : undefined;
  const judge = await openPanel(evaluation.judge, "first");
  const secondJudge = await openPanel(evaluation.secondJudge, "second");
  const until = evaluation.until?.({ task, split, label });
  const samples = await folder.samples(label, task.metrics);
  const first = await evaluation.answeredFirst?.({ task, split, label });
  try {
    const planned = plannedCount(task, dataset, selection);
    // How many a verdict takes nobody knows before.
    events.onTaskStart(label, until ? undefined : planned);
    const taskRun: TaskRun = {
      ...{ task, split, label, dataset, selection, profile, generation },
      rules: { scoring, seed, reading },
      runner,
      media: evaluation.media,
      samples,
      ...(judge ? { judge } : {}),
      ...defined({ concurrency: evaluation.concurrency, until, first }),
      drain: evaluation.drain,
      abort: evaluation.abort,
      onSample: (record, output) => events.onSample(label, record, output),
      onTiming,
    };
    const shared = await evaluation.share?.(taskRun);
    // What others have answered is looked at once more beside our own rows, and judged, where that is of use.
    const end = shared ?? (await runTask(evaluation.share ? { ...taskRun, isAsked: true } : taskRun));
    events.onTaskEnd(label, end);
    if (end.how === "interrupted") return { label, end: end.how };
    if (end.how === "complete" && end.total === 0 && !selection.shard && !selection.only) {
      throw new UserError(
        `task "${label}" has no rows to evaluate`,
        dataset.facts.source,
        "check --offset, --limit and --data",
      );
    }

    const agreement =
      secondJudge &&
      (await compareJudges({
        ...{ task, split, dataset, selection, samples, second: secondJudge },
        rules: { scoring, seed, reading },
        readMask: evaluation.media.readMask,
        signal: evaluation.abort,
      }));
    const { limit, offset, repeats, shard } = selection;
    const decided = until?.outcome;
    const head = {
      task: label,
      version: task.version,
      model: runner.name,
      fingerprint: runner.fingerprint,
      dataset: dataset.facts,
      scoring,
      ...(reading.tags.length > 0 ? { reasoningTags: reading.tags } : {}),
      promptProfile: profile,
      ...(evaluation.frames && hasClips(task) ? { frames: evaluation.frames } : {}),
      generation: { ...generation } as Record<string, Json>,
      ...(judgeOf(task, split, scoring) ? { judge: judgeFacts(task, scoring, judge) } : {}),
      ...(agreement ? { secondJudge: agreement } : {}),
      seed,
      repeats,
      ...(limit === undefined ? {} : { limit, limitByCluster: task.limitByCluster === true }),
      ...(offset === 0 ? {} : { offset }),
      ...(shard ? { shard: shardName(shard) } : {}),
      ...(decided ? { until: decided } : {}),
      ...defined({ blind: evaluation.blind, optionOrder: evaluation.optionOrder }),
      ...(without ? { without: { list: without.list, listed: without.ids.size, found: without.seen.size } } : {}),
    };
    const rules = {
      maxFailed: evaluation.maxFailed,
      demo: evaluation.demoModel || dataset.facts.kind === "demo" || task.demo === true,
      answers: split.answers,
      reading,
      total: decided ? decided.samples : end.how === "complete" ? end.total : planned,
    };
    const result = await conclude({ task, split, label, folder, samples, head, rules });
    return {
      label,
      end: end.how,
      ...(end.how === "endpoint-down" ? { detail: end.detail } : {}),
      result,
    };
  } finally {
    await judge?.close();
    await secondJudge?.close();
    await samples.close();
    for (const one of first ?? []) await one.samples.close();
  }
}

/** The rows were looked at before the first task began, hours ago perhaps. */
function requireSameRows(folder: RunFolder, label: Label, dataset: Dataset): void {
  const { data } = (folder.manifest.identity[`task ${label}`] ?? {}) as { data?: string };
  if (data === undefined || data === (dataset.facts.digest ?? "unknown")) return;
  throw new UserError(
    `the rows of ${label} have changed since the run began`,
    dataset.facts.source,
    "bring them back, or start over with --fresh",
  );
}

export function judgeFacts(
  task: Task,
  scoring: Scoring,
  judge: Pick<JudgePanel, "facts" | "failed" | "runner"> | undefined,
): NonNullable<Result["judge"]> {
  const asks = judgeUnder(task, scoring);
  const { asked = 0, answeredBy } = judge?.facts ?? {};
  return {
    model: judge?.runner.name ?? "none",
    expected: asks?.model ?? "",
    promptDigest: digestOf(asks?.template ?? "", 16),
    asked,
    failed: judge?.failed ?? 0,
    ...(isFallback(task, asks) ? { fallback: true } : {}),
    ...defined({ answeredBy }),
  };
}
