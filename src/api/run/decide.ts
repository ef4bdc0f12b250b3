/** What a run's settings come to, before anything is opened. */
import { resolve } from "node:path";
import type { Dataset } from "../../core/dataset.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import type { GenerationOptions } from "../../core/runner.js";
import type { Reading, Scoring } from "../../core/score.js";
import { isFallback, judgeOf, judgeUnder, type Split, type Task } from "../../core/task.js";
import { openDataset } from "../../datasets/index.js";
import type { Identity } from "../../record/identity.js";
import type { EvaluatedTask } from "../../run/evaluate.js";
import type { TaskToAsk } from "../../run/identity.js";
import type { First } from "../../run/peek.js";
import type { Selection } from "../../run/plan.js";
import type { ModelConfig } from "../../runners/config.js";
import { localFlags } from "../../runners/local-settings.js";
import { readingOf, reasoningTagsOf } from "../../text/visible-answer.js";
import { parseMaxFailed, type RunSettings } from "../settings.js";
import { type Choice, chooseTasks } from "../tasks/catalogue.js";
import { requireScoring } from "../tasks/require-scoring.js";
import { type ClipRule, clipBytesOf, frameRuleOf, type RunClips, requireTakesClips } from "./clips.js";
import { type RunListener, warningsOf } from "./listener.js";
import { type ChosenModel, judgesOf, namedModel } from "./models.js";
import { parseShard } from "./shard.js";
import { largestBudget } from "./ways.js";

export interface Decided {
  readonly choice: Choice;
  readonly model: ChosenModel;
  readonly data: string;
  readonly scoring: Scoring;
  readonly reading: Reading;
  readonly seed: number;
  readonly selection: Selection;
  readonly maxFailed: ReturnType<typeof parseMaxFailed>;
  /** Of tasks with clips. */
  readonly frameRule?: ClipRule;
  /** Clips of the hub that may lie on disk. */
  readonly clipBytes?: number;
  profileOf(task: Task): string;
  generationOf(task: Task, split: Split): GenerationOptions;
}

/**
 * @param named  the model, where the settings do not name it
 * @throws UserError  the settings contradict each other, or name what is not there
 */
export async function decide(settings: RunSettings, named?: ChosenModel): Promise<Decided> {
  if (!settings.tasks || settings.tasks.length === 0) {
    throw new UserError("no task was named", "--tasks", 'name some: --tasks vqav2,mmmu; "llava-eval tasks" lists them');
  }
  const choice = await chooseTasks(settings.tasks);
  const model = named ?? (await namedModel(settings.model, settings.name));
  requireConsistent(settings, model.config);
  const frameRule = frameRuleOf(settings, choice);
  requireTakesClips(frameRule, model.config.runner);
  const { limit, offset = 0, repeats = 1, seed = 0 } = settings;
  const shard = settings.shard === undefined ? undefined : parseShard(settings.shard, process.env);
  const scoring = (settings.scoring as Scoring | undefined) ?? choice.scoring ?? "official";
  requireScoring(
    choice.chosen.map(({ task }) => task),
    scoring,
  );
  requireJudge(settings, choice, scoring);
  const tags = tagsOf(settings, scoring);
  return {
    choice,
    model,
    data: dataOf(settings, model.isDemo),
    scoring,
    reading: readingOf(scoring, tags && reasoningTagsOf(tags)),
    seed,
    selection: { offset, repeats, ...defined({ limit, shard }) },
    maxFailed: parseMaxFailed(settings["max-failed"]),
    ...defined({ frameRule, clipBytes: clipBytesOf(settings, choice) }),
    profileOf: profileRule(choice, settings["prompt-profile"]),
    generationOf: generationRule(settings),
  };
}

function requireJudge(settings: RunSettings, choice: Choice, scoring: Scoring): void {
  const judged = choice.chosen.filter(({ task, split }) => {
    const judge = judgeOf(task, split, scoring);
    return judge && !isFallback(task, judge);
  });
  if (judged.length > 0 && settings.judge === undefined) {
    const names = judged.map(({ label, task }) => `${label} (${judgeUnder(task, scoring)?.model})`).join(", ");
    throw new UserError(
      `judged tasks need a judge: ${names}`,
      "--judge",
      "name one: --judge openai:gpt-4o-2024-11-20, or --judge none to leave those samples unscored",
    );
  }
}

/** Opens the rows of a task that was decided on. */
export function opener(
  { data, selection, choice, clipBytes }: Decided,
  listener: RunListener,
  signal: AbortSignal,
  partial = selection.limit !== undefined,
) {
  return ({ task, split, label }: EvaluatedTask): Promise<Dataset> =>
    openDataset({
      task: task.name,
      splitName: choice.chosen.find((one) => one.label === label)?.splitName ?? "",
      split,
      row: task.row,
      tsv: task.tsv,
      data,
      partial,
      ...(clipBytes === undefined ? {} : { clipBytes }),
      warn: warningsOf(listener),
      say: (message) => listener.say(message),
      signal,
    });
}

/** The demo has rows of its own; naming a model means asking for the benchmark. */
function dataOf(settings: RunSettings, isDemo: boolean): string {
  const data = settings.data ?? (isDemo ? "demo" : "hub");
  return data === "hub" || data === "demo" ? data : resolve(data);
}

function requireConsistent(settings: RunSettings, config: ModelConfig): void {
  if (config.runner !== "local") {
    for (const flag of Object.keys(localFlags) as (keyof typeof localFlags)[]) {
      if (settings[flag] !== undefined) {
        throw new UserError(
          `--${flag} is for local models; ${config.runner} is not one`,
          `--${flag}`,
          "leave it out, or choose --model local:DIR",
        );
      }
    }
  }
  if (settings.shard !== undefined && config.runner === "replay") {
    throw new UserError("a replay asks nobody, so there is nothing to share", "--shard", "leave it out");
  }
  if (settings.shard !== undefined && judgesOf(settings).length > 1) {
    throw new UserError(
      "two judges are compared over all samples, and a shard has a part of them",
      "--judge",
      "name one judge; after `llava-eval merge` the same command without --shard asks the second about the merged answers",
    );
  }
  const budget = settings["judge-budget"];
  if (budget !== undefined && judgesOf(settings).length === 0) {
    throw new UserError(
      "--judge-budget without a judge",
      "--judge-budget",
      "name a judge with --judge, or leave it out",
    );
  }
}

/** @param wanted  what a flag asks of every task; a suite's profile is for those of its tasks that have it */
function profileRule({ chosen, promptProfile }: Choice, wanted: string | undefined): (task: Task) => string {
  for (const { task } of chosen) {
    const known = task.profiles ?? ["default"];
    if (wanted !== undefined && !known.includes(wanted)) {
      throw new UserError(
        `task "${task.name}" has no prompt profile "${wanted}"`,
        "--prompt-profile",
        `${didYouMean(wanted, known)}its profiles: ${known.join(", ")}`,
      );
    }
  }
  return ({ profiles = ["default"] }) =>
    wanted ?? profiles.find((profile) => profile === promptProfile) ?? profiles[0] ?? "default";
}

function generationRule(settings: RunSettings): (task: Task, split: Split) => GenerationOptions {
  const { temperature } = settings;
  const maxNewTokens = largestBudget(settings);
  return (task, split) => ({
    ...task.generation,
    ...split.generation,
    ...defined({ temperature, maxNewTokens }),
  });
}

/** The marks that were named; with VLMEvalKit's scoring also by its own variable, which any text but an empty one sets, "0" too. */
function tagsOf(settings: RunSettings, scoring: Scoring): readonly string[] | undefined {
  const named = settings["reasoning-tags"];
  return named === undefined && scoring === "vlmevalkit" && process.env.SPLIT_THINK ? ["think"] : named;
}

/** What the settings decide for all tasks. */
export function rulesOf(
  settings: RunSettings,
  { scoring, seed, reading, selection: { repeats, offset } }: Decided,
  clips: RunClips | undefined,
): Identity {
  return {
    ...{ scoring, seed, repeats, offset },
    ...(clips ? { frames: clips.identity } : {}),
    ...(tagsOf(settings, scoring) === undefined ? {} : { reasoningTags: reading.tags }),
  };
}

/** The tasks with what will be asked, as far as it is known before the first question. */
export function tasksToAsk(
  { choice, profileOf, generationOf }: Decided,
  firsts: ReadonlyMap<string, First>,
): TaskToAsk[] {
  return choice.chosen.map(({ task, split, label, fileDigest }) => {
    const { facts, row } = firsts.get(label) as First;
    return {
      ...{ task, split, label, profile: profileOf(task), generation: generationOf(task, split), facts },
      ...(row ? { row } : {}),
      ...defined({ fileDigest }),
    };
  });
}
