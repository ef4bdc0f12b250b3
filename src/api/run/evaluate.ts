import { defined } from "../../core/defined.js";
import type { Scoring } from "../../core/score.js";
import type { TaskEnd } from "../../run/run-task.js";
import type { LocalSettings } from "../../runners/local-settings.js";
import { type Evaluated, evaluated, type Result } from "../record/evaluated.js";
import { parseSettings, type RunSettings } from "../settings.js";
import type { RunListener, SampleRecord } from "./listener.js";
import { type RunOutcome, runTasks } from "./run.js";

/** The settings of a run: the flags of `llava-eval run`, in camel case. */
/** Its options are the flags of `run` in camel case; those of local models are in runners/local-settings.ts. */
export interface EvaluateOptions extends LocalSettings {
  /** Tasks, aliases, globs, suites, `task@split` or paths of task files. */
  readonly tasks: string | readonly string[];
  /** `hub`, `demo`, or a folder. Default: `hub`; without a model: `demo`. */
  readonly data?: string;
  /** The first N samples of each task. */
  readonly limit?: number;
  /** Start at sample K. Default 0. */
  readonly offset?: number;
  /** Seeds sampling, draws and bootstraps. Default 0. */
  readonly seed?: number;
  /** One part of the samples, from 0: `3/16`, or `auto` under a Slurm array. `llava-eval merge` joins them. */
  readonly shard?: string;
  /** `decided`: stop each task once it is decided how it compares with `against`. */
  readonly until?: "decided";
  /** With `until`: a finished run, or a model below `results`. */
  readonly against?: string;
  /** With `until`: less than this is equal; points, or per cent of the other run's value. Default 1. */
  readonly delta?: number;
  /** With `until`: JSON lines of `items`, by which items that tell models apart are asked first. */
  readonly order?: string;
  /** Ask every sample K times. Default 1. */
  readonly repeats?: number;

  /** As `--model`: a preset, `local:DIR`, `openai:ID@URL`, a YAML file, ... Default: the demo model. */
  readonly model?: string;
  /** What results call the model, instead of its specification. */
  readonly name?: string;
  /** As `--judge`: one, or two to see how far they agree; `none` leaves judged samples unscored. */
  readonly judge?: string | readonly string[];

  /** Which words are sent. Default: the task's first profile. */
  readonly promptProfile?: string;
  /** Which rule scores. Default `official`. */
  readonly scoring?: Scoring;
  /** Ask once more by each of these prompt profiles, or by `all` of a task, for `spread.prompts`. */
  readonly promptProfiles?: readonly string[];
  /** Ask choice tasks with their options in N orders, for `spread.orders`. */
  readonly optionOrders?: number;
  /** Instead of the task's own; recorded: numbers change. Several: what each budget is worth, for `spread.budgets`. */
  readonly maxNewTokens?: number | readonly number[];
  /** Thoughts taken out of answers before scoring: names such as `think`, or `all`, `none`. Default: the scoring's own. */
  readonly reasoningTags?: readonly string[];
  /** Instead of the task's own; recorded: numbers change. */
  readonly temperature?: number;
  /** Ask a second time with less to see, for `visionGain`: `none`, `other`, of clips `first-frame`, `shuffled-frames`. */
  readonly blind?: string;
  /** Frames of a clip. Default 32. Recorded: numbers change. */
  readonly frames?: number;
  /** Frames of a clip by the second, instead of their number. */
  readonly fps?: number;
  /** With `fps`: frames of a clip, at most. */
  readonly maxFrames?: number;
  /** Which frames of a clip: `middles` (default), `lmms-eval`, `llava-video`, `vlmevalkit`, `qwen`, `onevision`, `longvideobench`; `server`: clips are sent whole. */
  readonly frameProfile?: string;
  /** GB of clips from the hub that may lie on disk at once. Default 20. */
  readonly clipDisk?: number;
  /** Requests in flight, at most. */
  readonly concurrency?: number;
  /** Unscored samples, as a count or a percentage (`"1%"`), above which a result is incomplete. Default 0. */
  readonly maxFailed?: number | string;
  /** Folder of a response cache shared by runs. */
  readonly cache?: string;
  /** US dollars for judges; beyond it samples stay unscored. */
  readonly judgeBudget?: number;

  /** The run's folder. Default: `results/<model>-<digest>`, so that the same options find it again. */
  readonly out?: string;
  /** Start over; the old folder is moved aside. Default false. */
  readonly fresh?: boolean;

  /** Aborted: nothing new is asked, what is in flight is finished and kept, and the evaluation rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What an evaluation tells on its way. */
export type Progress =
  | { readonly type: "task"; readonly label: string; readonly planned?: number }
  /** New samples of the task so far (those that the folder had are not counted). Sent as often as it is read, not once each. */
  | { readonly type: "samples"; readonly label: string; readonly done: number; readonly unscored: number }
  | { readonly type: "task end"; readonly label: string; readonly how: TaskEnd["how"] }
  /** What a user should read. */
  | { readonly type: "message"; readonly message: string };

/**
 * Evaluates a model on tasks, as `llava-eval run` does: the same folder, resumed by the same options.
 *
 * It begins at once. `await` it for the results; iterate over it for progress; or both. Nothing is printed.
 *
 * Rejects with a `UserError` (`where`, `fix`) when the options or the data are wrong, with the signal's reason when it was aborted.
 */
export function evaluate(options: EvaluateOptions): Evaluation {
  return new Evaluation(options);
}

export class Evaluation implements PromiseLike<Evaluated>, AsyncIterable<Progress> {
  private readonly progress = new ProgressQueue();
  private readonly ended: Promise<Evaluated>;

  constructor({ signal, ...options }: EvaluateOptions) {
    this.ended = this.run(options, signal ?? new AbortController().signal).finally(() => this.progress.end());
  }

  // biome-ignore lint/suspicious/noThenProperty: an evaluation is awaited
  then<A = Evaluated, B = never>(
    onEnd?: ((value: Evaluated) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.ended.then(onEnd, onError);
  }

  /** Ends with the evaluation, and throws what it throws. Leaving the loop early does not stop the evaluation. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void> {
    // Whoever iterates is told of a failure here, however long the loop's body takes to come back.
    this.ended.catch(() => {});
    yield* this.progress.read();
    await this.ended;
  }

  private async run(options: Omit<EvaluateOptions, "signal">, signal: AbortSignal): Promise<Evaluated> {
    signal.throwIfAborted();
    const settings = settingsOf(options);
    const control = { listener: this.progress, drain: signal, abort: new AbortController().signal };
    const { folder, results, interrupted }: RunOutcome = await runTasks(settings, control);
    if (interrupted) throw signal.reason;
    const finished = results.flatMap(({ result }): Result[] => (result ? [result] : []));
    return evaluated(folder, finished);
  }
}

/** Options by the names that flags have, checked as flags are. */
function settingsOf(options: Omit<EvaluateOptions, "signal">): RunSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return parseSettings(
    Object.fromEntries(given.map(([name, value]) => [flagOf(name), value])),
    (flag) => `evaluate: ${given.find(([name]) => flagOf(name) === flag)?.[0] ?? flag}`,
  );
}

/** `maxNewTokens` is `--max-new-tokens`. */
const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Progress until it is read; samples are counted, not kept: nobody may be reading. */
class ProgressQueue implements RunListener {
  private readonly waiting: Progress[] = [];
  private samples = { done: 0, unscored: 0 };
  private over = false;
  private wake: () => void = () => {};

  readonly requests = { begin: () => {}, end: () => {} };

  onTaskStart(label: string, planned: number | undefined): void {
    this.samples = { done: 0, unscored: 0 };
    this.put({ type: "task", label, ...defined({ planned }) });
  }

  onSample(label: string, { score }: SampleRecord): void {
    this.samples.done++;
    if (score?.status === "unscored") this.samples.unscored++;
    const count: Progress = { type: "samples", label, ...this.samples };
    if (this.waiting.at(-1)?.type === "samples") this.waiting[this.waiting.length - 1] = count;
    else this.put(count);
  }

  onTiming(): void {}

  onTaskEnd(label: string, { how }: TaskEnd): void {
    this.put({ type: "task end", label, how });
  }

  say(message: string): void {
    this.put({ type: "message", message });
  }

  end(): void {
    this.over = true;
    this.wake();
  }

  async *read(): AsyncGenerator<Progress, void> {
    for (;;) {
      const next = this.waiting.shift();
      if (next) yield next;
      else if (this.over) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }

  private put(progress: Progress): void {
    this.waiting.push(progress);
    this.wake();
  }
}
