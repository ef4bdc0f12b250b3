import type { Dataset } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { digestOf } from "../core/digest.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { PromptProfile } from "../core/prompt.js";
import type { TimingRecord } from "../core/result.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Split, Task } from "../core/task.js";
import type { SampleJournal } from "../record/journal.js";
import type { Label } from "../record/keys.js";
import type { AnsweredSample, AskedSample, SampleRecord } from "../record/samples.js";
import { type Answer, ask, type Media } from "./ask.js";
import { InFlight } from "./in-flight.js";
import type { JudgePanel } from "./judge.js";
import { plan, type Selection, type Unit } from "./plan.js";
import { requireSameQuestion } from "./same-question.js";
import {
  outputsOf,
  referenceFailure,
  type ScoreRules,
  scoreSample,
  visibleTurns,
  withOutcome,
} from "./score-sample.js";

export interface TaskRun {
  readonly task: Task;
  readonly split: Split;
  /** Names the task's files: `vqav2`, `vqav2@test`. */
  readonly label: Label;
  readonly dataset: Dataset;
  readonly selection: Selection;
  readonly profile: PromptProfile;
  readonly generation: GenerationOptions;
  readonly rules: ScoreRules;
  readonly runner: Runner;
  readonly media: Media;
  readonly samples: SampleJournal;
  readonly judge?: JudgePanel;
  /** Requests at once; the runner's own limit also holds. */
  readonly concurrency?: number;
  /** Aborted by the first Ctrl-C: no more rows are read, nothing new is asked, what is in flight is finished. */
  readonly drain: AbortSignal;
  /** Aborted by the second: requests in flight are given up. */
  readonly abort: AbortSignal;
  onSample(record: SampleRecord, output?: Output): void;
  onTiming(record: TimingRecord): void;
}

/** How the loop ended, and how many samples the selection has (known once every row was seen). */
export type TaskEnd =
  | { readonly how: "complete"; readonly total: number }
  | { readonly how: "interrupted" }
  | { readonly how: "endpoint-down"; readonly detail: string };

/** Read rows, render prompts, generate, journal, judge, score: every sample that the journal does not have yet. */
export async function runTask(run: TaskRun): Promise<TaskEnd> {
  const { samples, runner } = run;
  const health = new EndpointHealth(() => runner.concurrency);
  const asking = new InFlight(() => Math.min(run.concurrency ?? Number.POSITIVE_INFINITY, runner.concurrency));
  const judging = new InFlight(() => run.judge?.runner.concurrency ?? 1);
  const checking = new InFlight(() => filesAtOnce);
  let total = 0;
  let givenUp = false;

  const judgeAndScore = async (unit: RowUnit, record: AnsweredSample, turns: readonly Output[]) => {
    const scored = await withScore(run, unit, record, turns).catch(async (error: unknown) => {
      if (isDrained(run, error)) return undefined;
      // A mistake in the task's own code ends the run; the answer was paid for and is kept.
      if (samples.state(unit.index, unit.repeat) === undefined) await samples.append(record);
      throw error;
    });
    if (!scored) {
      givenUp = true;
      return;
    }
    await samples.append(scored);
    run.onSample(scored, turns.at(-1));
  };

  try {
    for await (const unit of plan(run.task, run.dataset, run.selection, run.drain)) {
      if (run.drain.aborted) return { how: "interrupted" };
      // Answers that are read from a file do not come back by waiting: each that is missing says nothing about the next.
      if (health.down && !runner.answersBySample) return { how: "endpoint-down", detail: health.detail };
      total++;
      const state = samples.state(unit.index, unit.repeat);
      if (isRow(unit) && (state === "scored" || state === "answered")) {
        await checking.start(() => requireSameQuestion(run, unit).catch(located(run.task, unit.id)));
      }
      if (state === "scored") continue;
      const unusable = isRow(unit) ? referenceFailure(run.task, run.split, unit.row) : undefined;
      if (!isRow(unit)) {
        await recordFailure(run, { index: unit.index, id: `#${unit.index}`, cluster: `#${unit.index}` }, unit.failure);
      } else if (unusable) {
        await recordFailure(run, describe(run, unit), unusable);
      } else if (state === "answered") {
        const record = (await samples.read(unit.index, unit.repeat)) as AnsweredSample;
        await judging.start(() => judgeAndScore(unit, record, outputsOf(record)));
      } else {
        await asking.start(async () => {
          const base = describe(run, unit);
          const answer = await answerOf(run, unit, base, health);
          if (answer === "given up") givenUp = true;
          if (!answer || answer === "given up") return;
          const record = answered(asAsked(run.task, base, answer.asked), answer);
          if (!run.task.judge) return judgeAndScore(unit, record, answer.turns);
          await samples.append(record);
          await judging.start(() => judgeAndScore(unit, record, answer.turns));
        });
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

type RowUnit = Extract<Unit, { row: unknown }>;
const isRow = (unit: Unit): unit is RowUnit => "row" in unit;

/** The answer, or undefined when this sample has none: the failure is journalled. Given up: Ctrl-C ended a wait. */
async function answerOf(
  run: TaskRun,
  unit: RowUnit,
  base: AskedSample,
  health: EndpointHealth,
): Promise<Answer | "given up" | undefined> {
  let asked: Answer["asked"] = {};
  const { runner, media, profile, generation, rules } = run;
  const context = {
    label: run.label,
    runner,
    media,
    profile,
    generation,
    seed: rules.seed,
    reading: rules.reading,
    signal: run.abort,
    drain: run.drain,
    onAsked: (question: Answer["asked"]) => {
      asked = question;
    },
  };
  try {
    const answer = await ask(run.task, unit.row, unit, context);
    health.answered();
    for (const output of answer.turns) run.onTiming(timingOf(run.label, base, "model", output));
    if (answer.output.finish !== "filtered") return answer;
    const filtered = new SampleFailure("refused", "the provider's content filter");
    await recordFailure(run, asAsked(run.task, base, asked), filtered);
  } catch (error) {
    if (isDrained(run, error)) return "given up";
    if (!(error instanceof SampleFailure)) throw locate(error, run.task, base.id);
    if (error.reason === "transport") health.failed(error);
    if (error.reason === "refused") health.answered();
    await recordFailure(run, asAsked(run.task, base, asked), error);
  }
  return undefined;
}

/** Images of journalled samples that are looked at again. */
const filesAtOnce = 8;

const located = (task: Task, id: string) => (error: unknown) => {
  throw locate(error, task, id);
};

/** A defect in a task's own code is easier to find with the sample's name; what ends the run stays as it is. */
function locate(error: unknown, task: Task, id: string): unknown {
  if (error instanceof UserError || !(error instanceof Error) || error.name === "AbortError") return error;
  return new Error(`task ${task.name}, sample ${id}: ${messageOf(error)}`, { cause: error });
}

async function recordFailure(run: TaskRun, base: AskedSample, failure: SampleFailure): Promise<void> {
  const { reason, detail } = failure;
  const record: SampleRecord = { ...base, state: "failed", score: { status: "unscored", reason, detail } };
  await run.samples.append(record);
  run.onSample(record);
}

async function withScore(
  run: TaskRun,
  unit: RowUnit,
  record: AnsweredSample,
  turns: readonly Output[],
): Promise<SampleRecord> {
  const { task, split, judge, rules, abort } = run;
  const isPublic = split.answers === "public";
  try {
    const sample = { index: unit.index, id: record.id, repeat: unit.repeat };
    let verdicts: readonly Json[] = [];
    if (isPublic && (judge || task.judge)) {
      const output = visibleTurns(turns, rules).at(-1) as Output;
      if (judge) verdicts = await judge.verdicts(task, { row: unit.row, output, ...sample }, rules, abort);
      else if (task.judge?.ask(unit.row, output, [], rules.scoring))
        throw new SampleFailure("judge", "no judge was named");
    }
    return withOutcome(
      record,
      scoreSample({ task, split, row: unit.row, turns, verdicts, rules, sizes: record.sizes }),
    );
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw locate(error, task, record.id);
    return withOutcome(record, { score: { status: "unscored", reason: error.reason, detail: error.detail } });
  }
}

/** What of a sample is known before it is asked. */
function describe({ task }: TaskRun, { row, id, index, repeat }: RowUnit): AskedSample {
  const cluster = task.cluster?.(row) ?? task.imageKey?.(row) ?? id;
  const asked: AskedSample = repeat > 0 ? { index, id, repeat, cluster } : { index, id, cluster };
  const groups: Record<string, string> = {};
  for (const [name, of] of Object.entries(task.groups ?? {})) {
    const value = of(row);
    if (value !== undefined) groups[name] = value;
  }
  return Object.keys(groups).length > 0 ? { ...asked, groups } : asked;
}

/**
 * What is known once it is asked. Where the task does not say what repeats, its images do: questions about one image are not
 * independent, and an interval that takes them for it is too narrow. An image that occurs once is a cluster of one, as its id is.
 */
function asAsked(task: Task, base: AskedSample, asked: Answer["asked"]): AskedSample {
  const { images = [] } = asked;
  const says = task.cluster ?? task.imageKey;
  if (says || images.length === 0) return { ...base, ...asked };
  return { ...base, cluster: images.length === 1 ? (images[0] as string) : digestOf([...images], 32), ...asked };
}

function answered(asked: AskedSample, { output, turns, warnings: ofClips }: Answer): AnsweredSample {
  const warnings = [...new Set([...ofClips, ...turns.flatMap((turn) => turn.warnings)])];
  return {
    ...asked,
    state: "answered",
    text: output.text,
    ...defined({ reasoning: output.reasoning }),
    finish: output.finish,
    ...defined({ answeredBy: output.answeredBy }),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(output.likelihoods ? { likelihoods: output.likelihoods } : {}),
    ...(turns.length > 1 ? { turns: turns.map(({ text }) => text) } : {}),
  };
}

export function timingOf(
  label: Label,
  { index, id, repeat }: Pick<AskedSample, "index" | "id" | "repeat">,
  kind: TimingRecord["kind"],
  { usage, timing }: Output,
): TimingRecord {
  return { task: label, index, id, ...(repeat ? { repeat } : {}), kind, ...timing, ...usage };
}

/** Tells a dead endpoint from unlucky samples: so many failures in a row, with no answer between, and nothing more is asked. */
class EndpointHealth {
  private inARow = 0;
  /** It said itself that it takes no more. */
  private said = false;
  detail = "";

  constructor(private readonly concurrency: () => number) {}

  get down(): boolean {
    return this.said || this.inARow >= Math.max(20, 2 * this.concurrency());
  }

  answered(): void {
    this.inARow = 0;
  }

  failed({ detail, endpointDown }: SampleFailure): void {
    this.inARow++;
    this.said ||= endpointDown;
    this.detail = detail;
  }
}
