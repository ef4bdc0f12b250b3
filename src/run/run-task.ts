import type { Dataset } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { Output } from "../core/runner.js";
import { isFallback, judgeOf, judgeUnder, type Task } from "../core/task.js";
import type { SampleJournal } from "../record/journal.js";
import type { Label } from "../record/keys.js";
import type { AnsweredSample, AskedSample, FailedSample, SampleRecord } from "../record/samples.js";
import type { TimingRecord } from "../record/timing-record.js";
import { type Answering, answer, describe, failedSample, locate, scored } from "./answer.js";
import { type AnsweredFirst, answerOfFirst } from "./answered-first.js";
import { EndpointHealth } from "./endpoint-health.js";
import { InFlight } from "./in-flight.js";
import type { JudgePanel } from "./judge.js";
import { isRow, plan, type RowUnit, type Selection, type Unit } from "./plan.js";
import { requireSameQuestion } from "./same-question.js";
import { outputsOf, referenceFailure, visibleTurns } from "./score-sample.js";
import { take } from "./take.js";
import type { UntilDecided } from "./until-decided.js";

export interface TaskRun extends Answering {
  readonly dataset: Dataset;
  readonly selection: Selection;
  readonly samples: SampleJournal;
  readonly judge?: JudgePanel;
  /** A run by another prompt profile, whose answers to the same words count here too. */
  readonly first?: readonly AnsweredFirst[];
  /** Others have asked: what has no answer by now stays without one. */
  readonly isAsked?: boolean;
  /** Asks in a drawn order, and no more than a verdict needs. */
  readonly until?: UntilDecided;
  /** Requests at once; the runner's own limit also holds. */
  readonly concurrency?: number;
  onSample(record: SampleRecord, output?: Output): void;
  onTiming(record: TimingRecord): void;
}

/** How the loop ended, and how many samples the selection has (known once every row was seen). */
export type TaskEnd =
  | { readonly how: "complete"; readonly total: number }
  | { readonly how: "interrupted" }
  | { readonly how: "endpoint-down"; readonly detail: string };

/** Read rows, have them answered, journal, judge, score: every sample that the journal does not have yet. */
export async function runTask(run: TaskRun): Promise<TaskEnd> {
  const { samples, runner, task } = run;
  const health = new EndpointHealth(() => runner.concurrency);
  const asking = new InFlight(() => Math.min(run.concurrency ?? Number.POSITIVE_INFINITY, runner.concurrency));
  const judging = new InFlight(() => run.judge?.runner.concurrency ?? 1);
  const checking = new InFlight(() => filesAtOnce);
  let total = 0;
  let givenUp = false;

  /** Undefined when Ctrl-C ended a wait. */
  const orGivenUp = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!isDrained(run, error)) throw error;
      givenUp = true;
      return undefined;
    }
  };
  const fail = async (record: FailedSample) => {
    await take(samples, record);
    run.until?.saw(record);
    run.onSample(record);
  };
  const judgeAndScore = async (unit: RowUnit, record: AnsweredSample, turns: readonly Output[]) => {
    const judged = scored(run, unit, { record, turns }, () => verdictsOf(run, unit, turns)).catch(async (error) => {
      // A mistake in the task's own code ends the run; the answer was paid for and is kept.
      if (!isDrained(run, error)) await take(samples, record);
      throw error;
    });
    const sample = await orGivenUp(judged);
    if (!sample) return;
    await take(samples, sample);
    run.until?.saw(sample);
    run.onSample(sample, turns.at(-1));
  };
  const askAndScore = async (unit: RowUnit) => {
    const known = run.first && (await answerOfFirst(unit, run, run.first));
    const reply = known ?? (await orGivenUp(answer(unit, run)));
    if (!reply) return;
    const { record, turns } = reply;
    if (!known) health.saw(reply);
    for (const output of known ? [] : turns) run.onTiming(timingOf(run.label, record, "model", output));
    if (record.state === "failed") return await fail(record);
    if (!judgeUnder(task, run.rules.scoring)) return await judgeAndScore(unit, record, turns);
    await take(samples, record);
    await judging.start(() => judgeAndScore(unit, record, turns));
  };

  try {
    const planned = plan(task, run.dataset, run.selection, run.drain);
    for await (const unit of run.until?.inOrder(planned) ?? planned) {
      if (run.drain.aborted) return { how: "interrupted" };
      // Answers that are read from a file do not come back by waiting: each that is missing says nothing about the next.
      if (health.down && !runner.answersBySample) return { how: "endpoint-down", detail: health.detail };
      total++;
      const { index, repeat } = unit;
      const state = samples.state(index, repeat);
      if (isRow(unit) && (state === "scored" || state === "answered")) {
        await checking.start(() => requireSameQuestion(run, unit).catch(located(task, unit.id)));
      }
      if (state === "scored") {
        run.until?.saw((await samples.read(index, repeat)) as SampleRecord);
        continue;
      }
      const unusable = isRow(unit) ? referenceFailure(task, run.split, unit.row) : undefined;
      if (!isRow(unit)) {
        await fail(failedSample(withoutRow(unit), unit.failure));
      } else if (unusable) {
        await fail(failedSample(describe(task, unit), unusable));
      } else if (state === "answered") {
        const record = (await samples.read(index, repeat)) as AnsweredSample;
        await judging.start(() => judgeAndScore(unit, record, outputsOf(record)));
      } else if (!run.isAsked) {
        await asking.start(() => askAndScore(unit));
      }
    }
    await checking.drained();
    await asking.drained();
    await judging.drained();
    return givenUp ? { how: "interrupted" } : { how: "complete", total };
  } catch (error) {
    if (isDrained(run, error)) return { how: "interrupted" };
    throw error;
  } finally {
    // What is in flight is finished whatever ended the loop: an answer that was paid for is kept.
    await asking.drained();
    await judging.drained();
    await samples.sync();
  }
}

/** Ctrl-C ended a wait: nothing has failed, the next run asks. */
const isDrained = ({ drain }: TaskRun, error: unknown) => drain.aborted && error === drain.reason;

const withoutRow = ({ index, later }: Unit): AskedSample => ({
  ...{ index, id: `#${index}`, cluster: `#${index}` },
  ...defined({ later }),
});

/** Images of journalled samples that are looked at again. */
const filesAtOnce = 8;

const located = (task: Task, id: string) => (error: unknown) => {
  throw locate(error, task, id);
};

/** What the judge says of an answer; nothing where the task asks none. */
async function verdictsOf(
  { task, split, judge, rules, abort }: TaskRun,
  { row, index, id, repeat }: RowUnit,
  turns: readonly Output[],
): Promise<readonly Json[]> {
  const asked = judgeOf(task, split, rules.scoring);
  if (!asked) return [];
  const output = visibleTurns(turns, rules).at(-1) as Output;
  if (judge) return await judge.verdicts(task, { row, output, index, id, repeat }, rules, abort);
  if (isFallback(task, asked)) return [];
  if (asked.ask(row, output, [], rules.scoring)) throw new SampleFailure("judge", "no judge was named");
  return [];
}

export function timingOf(
  label: Label,
  { index, id, repeat }: Pick<AskedSample, "index" | "id" | "repeat">,
  kind: TimingRecord["kind"],
  { usage, timing }: Output,
): TimingRecord {
  return { task: label, index, id, ...(repeat ? { repeat } : {}), kind, ...timing, ...usage };
}
