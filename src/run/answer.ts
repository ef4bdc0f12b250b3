/** What becomes of one sample where a model is at hand, without a journal: by this process, or by a worker of a fleet. */
import { defined } from "../core/defined.js";
import { digestOf } from "../core/digest.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { PromptProfile } from "../core/prompt.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Split, Task } from "../core/task.js";
import type { Label } from "../record/keys.js";
import type { AnsweredSample, AskedSample, FailedSample, SampleRecord } from "../record/samples.js";
import { type Answer, ask, type Media } from "./ask.js";
import { masksOf } from "./masks.js";
import type { RowUnit } from "./plan.js";
import { type ScoreRules, scoreSample, withOutcome } from "./score-sample.js";

/** All that an answer follows from, besides its row. */
export interface Answering {
  readonly task: Task;
  readonly split: Split;
  /** Names the task's files: `vqav2`, `vqav2@test`. */
  readonly label: Label;
  readonly profile: PromptProfile;
  readonly generation: GenerationOptions;
  readonly rules: ScoreRules;
  readonly runner: Runner;
  readonly media: Media;
  /** Aborted by the first Ctrl-C: no more rows are read, nothing new is asked, what is in flight is finished. */
  readonly drain: AbortSignal;
  /** Aborted by the second: requests in flight are given up. */
  readonly abort: AbortSignal;
}

/** The model's answer, or why there is none, with every output that was paid for on the way. */
export type Reply =
  | { readonly record: AnsweredSample; readonly turns: readonly Output[]; readonly failure?: undefined }
  | { readonly record: FailedSample; readonly turns: readonly Output[]; readonly failure: SampleFailure };

/**
 * Asks about one sample.
 * @throws the reason of `drain`, when it ended a wait: nothing has failed, the next run asks; a defect of the task, with the sample's name
 */
export async function answer(unit: RowUnit, answering: Answering): Promise<Reply> {
  const { task, label, profile, generation, rules, runner, media, drain, abort } = answering;
  const base = describe(task, unit);
  let asked: Answer["asked"] = {};
  const failed = (failure: SampleFailure, turns: readonly Output[]): Reply => ({
    record: failedSample(asAsked(unit, task, { base, asked }), failure),
    turns,
    failure,
  });
  try {
    const given = await ask(task, unit.row, unit, {
      ...{ label, runner, media, profile, generation, seed: rules.seed, reading: rules.reading },
      ...{ signal: abort, drain },
      onAsked: (question) => {
        asked = question;
      },
    });
    if (given.output.finish === "filtered")
      return failed(new SampleFailure("refused", "the provider's content filter"), given.turns);
    return { record: answered(asAsked(unit, task, { base, asked: given.asked }), given), turns: given.turns };
  } catch (error) {
    if (drain.aborted && error === drain.reason) throw error;
    if (!(error instanceof SampleFailure)) throw locate(error, task, base.id);
    return failed(error, []);
  }
}

/**
 * The answer with its score.
 * @param verdictsOf  asks the judge; what it throws as a `SampleFailure` leaves the sample unscored
 */
export async function scored(
  { task, split, rules, media }: Answering,
  { row }: RowUnit,
  { record, turns }: { readonly record: AnsweredSample; readonly turns: readonly Output[] },
  verdictsOf: () => Promise<readonly Json[]> = async () => [],
): Promise<SampleRecord> {
  try {
    const verdicts = await verdictsOf();
    const masks = await masksOf(task, row, media.readMask);
    return withOutcome(record, scoreSample({ task, split, row, turns, verdicts, rules, sizes: record.sizes, masks }));
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw locate(error, task, record.id);
    return withOutcome(record, { score: { status: "unscored", reason: error.reason, detail: error.detail } });
  }
}

export function failedSample(asked: AskedSample, { reason, detail }: SampleFailure): FailedSample {
  return { ...asked, state: "failed", score: { status: "unscored", reason, detail } };
}

/** What of a sample is known before it is asked. */
export function describe(task: Task, unit: RowUnit): AskedSample {
  const { row, id, index, repeat, later } = unit;
  const cluster = unit.cluster ?? task.cluster?.(row) ?? task.imageKey?.(row) ?? id;
  const asked: AskedSample = { index, id, ...(repeat > 0 ? { repeat } : {}), cluster, ...defined({ later }) };
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
function asAsked(
  { cluster }: RowUnit,
  task: Task,
  { base, asked }: { readonly base: AskedSample; readonly asked: Answer["asked"] },
): AskedSample {
  const { images = [] } = asked;
  const says = cluster ?? task.cluster ?? task.imageKey;
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

/** A defect in a task's own code is easier to find with the sample's name; what ends the run stays as it is. */
export function locate(error: unknown, task: Task, id: string): unknown {
  if (error instanceof UserError || !(error instanceof Error) || error.name === "AbortError") return error;
  return new Error(`task ${task.name}, sample ${id}: ${messageOf(error)}`, { cause: error });
}
