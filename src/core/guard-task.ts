/** Between a task's code and the run: what its functions return is checked, and what they throw is told apart from our mistakes. */

import { problemOfScore, shown } from "./check-score.js";
import { defined } from "./defined.js";
import { SampleFailure, UserError } from "./errors.js";
import type { ImageRef } from "./image.js";
import type { Fold, Metric, Sample } from "./metric.js";
import type { Prompt } from "./prompt.js";
import type { Output } from "./runner.js";
import type { ScoreContext } from "./score.js";
import type { Task } from "./task.js";

type Row = Record<string, unknown>;

/** A task's function returned what is not of its kind. */
export class WrongReturn extends Error {
  override readonly name = "WrongReturn";
}

/** The task with what it returns checked as it is made: names, prompts, scores. */
export function withCheckedReturns(task: Task): Task {
  const { id, cluster, prompt, masks, score, metrics, groups } = task;
  return {
    ...task,
    id: (row) => requireName(id.call(task, row)),
    ...(groups ? { groups: withCheckedNames(groups) } : {}),
    ...(cluster ? { cluster: (row: Row) => requireName(cluster.call(task, row)) } : {}),
    prompt: (row, profile) => requirePrompt(prompt.call(task, row, profile)),
    ...(masks ? { masks: (row: Row) => requireImages(masks.call(task, row)) } : {}),
    ...(score
      ? {
          score(row: Row, output: Output, context: ScoreContext) {
            const made = score.call(task, row, output, context);
            const problem = problemOfScore(made, metrics);
            if (problem !== undefined) throw new WrongReturn(`it returned what is no score: ${problem}`);
            return made;
          },
        }
      : {}),
  };
}

function withCheckedNames(groups: NonNullable<Task["groups"]>): NonNullable<Task["groups"]> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, of]) => [
      name,
      (row: Row) => {
        const value = of.call(groups, row);
        return value === undefined ? undefined : requireName(value);
      },
    ]),
  );
}

function requireName(made: unknown): string {
  if (typeof made === "string") return made;
  throw new WrongReturn(`it returned ${shown(made)}, not a string`);
}

const partTypes = ["text", "image", "video"];

function requirePrompt(made: Prompt): Prompt {
  const { messages } = (made ?? {}) as { messages?: unknown };
  const isPart = (part: { type?: unknown; text?: unknown } | null) =>
    typeof part === "object" &&
    partTypes.includes(part?.type as string) &&
    (part?.type !== "text" || typeof part.text === "string");
  const isMessage = (message: { parts?: unknown } | null) =>
    Array.isArray(message?.parts) && message.parts.every(isPart);
  if (Array.isArray(messages) && messages.every(isMessage)) return made;
  throw new WrongReturn(`it returned ${shown(made)}, not a prompt; userPrompt(...) makes one`);
}

function requireImages(made: readonly ImageRef[]): readonly ImageRef[] {
  const isImage = (image: { bytes?: unknown } | null) => typeof image?.bytes === "function";
  if (Array.isArray(made) && made.every(isImage)) return made;
  throw new WrongReturn(`it returned ${shown(made)}, not a list of images of the row`);
}

function requireFold(made: Fold): Fold {
  const { add, finish } = (made ?? {}) as { add?: unknown; finish?: unknown };
  if (typeof add === "function" && typeof finish === "function") return made;
  throw new WrongReturn(`its \`start\` returned ${shown(made)}, not { add, finish }`);
}

/** What failed in which function of a task, and about which sample. */
export interface Failure {
  readonly error: unknown;
  /** `score`, `metric accuracy`. */
  readonly member: string;
  readonly sample?: string;
}

/**
 * The task with `blame` asked what to throw instead of an exception of its functions. What is meant to be thrown (`UserError`,
 * `SampleFailure`) goes through.
 */
export function guarded(task: Task, blame: (failure: Failure) => unknown): Task {
  const { judge, fallbackJudge, judgesByScoring, tsv, submission, groups, metrics } = task;
  const guard = new Guard(task, blame);
  return {
    ...guard.functions(task as unknown as Functions, ""),
    metrics: metrics.map((metric) => guard.metric(metric)),
    ...(groups ? { groups: guard.functions(groups as Functions, "group ") as NonNullable<Task["groups"]> } : {}),
    ...(judge ? { judge: guard.judge(judge, "judge") } : {}),
    ...(fallbackJudge ? { fallbackJudge: guard.judge(fallbackJudge, "fallbackJudge") } : {}),
    ...(judgesByScoring
      ? {
          judgesByScoring: Object.fromEntries(
            Object.entries(judgesByScoring).map(([scoring, own]) => [
              scoring,
              guard.judge(own, `judgesByScoring ${scoring}`),
            ]),
          ),
        }
      : {}),
    ...(tsv ? { tsv: guard.functions(tsv as unknown as Functions, "tsv.") } : {}),
    ...(submission ? { submission: guard.functions(submission as unknown as Functions, "submission.") } : {}),
  } as unknown as Task;
}

type Functions = Readonly<Record<string, unknown>>;

class Guard {
  constructor(
    private readonly task: Task,
    private readonly blame: (failure: Failure) => unknown,
  ) {}

  /** `owner` with its functions guarded; each takes a row first. */
  functions(owner: Functions, prefix: string): Functions {
    return Object.fromEntries(
      Object.entries(owner).map(([name, member]) => {
        if (typeof member !== "function") return [name, member];
        const call = (...args: readonly unknown[]) =>
          this.call(
            () => member.apply(owner, args),
            prefix + name,
            () => this.sampleOf(args[0] as Row),
          );
        return [name, call];
      }),
    );
  }

  judge(judge: NonNullable<Task["judge"]>, member: string): NonNullable<Task["judge"]> {
    return {
      ...judge,
      ask: (row, ...rest) => {
        const sample = () => this.sampleOf(row);
        const question = this.call(() => judge.ask(row, ...rest), `${member}.ask`, sample);
        return (
          question && {
            ...question,
            parse: (reply) => this.call(() => question.parse(reply), `${member}.parse`, sample),
          }
        );
      },
    };
  }

  metric(metric: Metric): Metric {
    const member = `metric ${metric.name}`;
    return {
      ...metric,
      start: (context) => {
        const fold = this.call(() => requireFold(metric.start(context)), member);
        const { perSample } = fold;
        const finish: Fold["finish"] = () => this.settled(() => fold.finish(), member);
        return {
          add: (sample: Sample) =>
            this.call(
              () => fold.add(sample),
              member,
              () => sample.id,
            ),
          finish,
          ...(perSample ? { perSample: () => this.settled(() => perSample.call(fold), member) } : {}),
        };
      },
    };
  }

  private call<T>(work: () => T, member: string, sample?: () => string | undefined): T {
    try {
      return work();
    } catch (error) {
      throw this.instead(error, member, sample?.());
    }
  }

  /** As `call`, for what may come as a promise. */
  private settled<T>(work: () => T | Promise<T>, member: string): T | Promise<T> {
    const value = this.call(work, member);
    if (!(value instanceof Promise)) return value;
    return value.catch((error: unknown) => {
      throw this.instead(error, member);
    });
  }

  private instead(error: unknown, member: string, sample?: string): unknown {
    if (error instanceof UserError || error instanceof SampleFailure) return error;
    return this.blame({ error, member, ...defined({ sample }) });
  }

  private sampleOf(row: Row): string | undefined {
    let id: string | undefined;
    try {
      id = this.task.id(row);
    } catch (_error) {
      // `id` fails as well, so the row has no name; the failure at hand is the one to tell.
    }
    return id;
  }
}
