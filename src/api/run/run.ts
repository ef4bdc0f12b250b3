/** A run, put together: tasks, model, judges, data and folder. The command line and `evaluate` both come through here. */

import { join, resolve } from "node:path";
import { regenerateLeaderboard, writeRunLeaderboard } from "../../board/leaderboard/collect.js";
import type { Dataset } from "../../core/dataset.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import { didYouMean } from "../../core/nearest.js";
import { type Prompt, promptImages, videoParts } from "../../core/prompt.js";
import type { GenerationOptions, Runner } from "../../core/runner.js";
import type { Reading, Scoring } from "../../core/score.js";
import { isFallback, judgeOf, judgeUnder, type Split, type Task } from "../../core/task.js";
import { openDataset } from "../../datasets/index.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import { RunFolder } from "../../record/folder.js";
import type { Identity } from "../../record/identity.js";
import {
  type EvaluatedResult,
  type EvaluatedTask,
  type Evaluation,
  evaluate,
  type RunEvents,
} from "../../run/evaluate.js";
import { identityOf, type TaskToAsk } from "../../run/identity.js";
import { type First, peek } from "../../run/peek.js";
import type { Selection } from "../../run/plan.js";
import { shardName } from "../../run/shard.js";
import type { ModelConfig } from "../../runners/config.js";
import { localFlags } from "../../runners/local-settings.js";
import { readingOf, reasoningTagsOf, withoutReasoning } from "../../text/visible-answer.js";
import { serverProfile } from "../../video/frame-profiles.js";
import { parseMaxFailed, type RunSettings } from "../settings.js";
import { type Choice, chooseTasks } from "../tasks/catalogue.js";
import { requireScoring } from "../tasks/require-scoring.js";
import { evaluateBeside, labelBeside, runsBeside } from "./beside.js";
import { requireFrames } from "./blind.js";
import { type ClipRule, clipBytesOf, frameRuleOf, openClips, type RunClips, requireTakesClips } from "./clips.js";
import {
  type FleetSettings,
  type Members,
  requireWholeTasks,
  type ServedTask,
  SharedRun,
  withRequests,
  workersModel,
} from "./fleet.js";
import { type RunListener, warningsOf } from "./listener.js";
import { manifestOf, runName } from "./manifest.js";
import { type ChosenModel, judgesOf, namedModel, openJudge, openModel, portable } from "./models.js";
import { remember } from "./remember.js";
import { parseShard, requireMerged, shardFolder } from "./shard.js";
import { openUntil } from "./until.js";
import { largestBudget, waysOf } from "./ways.js";

export interface RunControl {
  readonly listener: RunListener;
  /** Aborted: nothing new is asked, what is in flight is finished. */
  readonly drain: AbortSignal;
  /** Aborted: what is in flight is given up. */
  readonly abort: AbortSignal;
  /** Workers answer, by way of a queue: no model is opened here. */
  readonly fleet?: FleetSettings;
  /** The folder is open and holds this run; nothing was asked yet. */
  onFolder?(path: string): Promise<void>;
}

export interface RunOutcome {
  readonly folder: string;
  /** By task, in the order asked; those that an interruption left out are missing. */
  readonly results: readonly EvaluatedResult[];
  /** `drain` was aborted: the same settings go on from here. */
  readonly interrupted: boolean;
  /** More samples without a score than allowed, or an endpoint that stopped answering. */
  readonly incomplete: boolean;
  /** Nothing was asked: every sample was there already, since then. */
  readonly finishedBefore?: string;
  /** Where workers gave two answers to one question: `vqav2 12/0`. The first stays. */
  readonly changed?: readonly string[];
  /** How many questions workers answered twice with the same words: after a lease was lost. */
  readonly repeated?: number;
}

/**
 * Evaluates, or goes on with what the folder holds.
 * @throws UserError  a setting is wrong; the folder holds another run; a model, judge or data set cannot be had
 * @throws the reason of `drain` or `abort`, when it came before the first question or gave up what was in flight
 */
export async function runTasks(
  settings: RunSettings,
  { listener, drain, abort, onFolder, fleet }: RunControl,
): Promise<RunOutcome> {
  const decided = await decide(settings, fleet && workersModel(settings, fleet));
  const { choice, model, scoring, reading, data, seed, selection, profileOf, generationOf } = decided;
  const ways = waysOf(settings, decided, fleet !== undefined);
  if (fleet) requireWholeTasks(choice);
  const warn = warningsOf(listener);
  if (model.isStub) warn("this is the stub: its answers mean nothing, and neither do their scores");
  const open = opener(decided, listener, drain);

  await using own = fleet ? undefined : await openModel(model.config, settings, warn, listener);
  const [first, second] = judgesOf(settings);
  await using judge = await openJudge(first, decided, settings, warn);
  await using secondJudge = await openJudge(second, decided, settings, warn);
  // Everything that can be wrong is looked at before the first request is paid for.
  await using opened = await peek(choice.chosen, {
    ...{ open: selection.shard ? opener(decided, listener, drain, true) : open, signal: drain },
    offset: selection.offset,
  });
  const tasks = tasksToAsk(decided, opened.firsts);
  const until = await openUntil(settings, decided, { tasks, judge });
  requireFrames(settings, tasks);
  const clips = await openClips(decided.frameRule, listener, AbortSignal.any([drain, abort]));
  const rules = rulesOf(settings, decided, clips);
  const { shard } = selection;
  const config = portable(model.config);
  const name = runName({
    ...{ settings, choice, config, data, decided: rules },
    model: own?.name ?? settings.name ?? "",
  });
  const whole = resolve(settings.out ?? join("results", name));
  const path = shard ? shardFolder(whole, shard) : whole;
  if (!shard && settings.fresh !== true) await requireMerged(whole);
  await using shared =
    fleet &&
    (await SharedRun.open({
      ...{ fleet, settings, tasks, listener, drain, abort, rules, ...defined({ decoder: clips?.facts.decoder }) },
      open(label) {
        const chosen = choice.chosen.find((one) => one.label === label);
        return chosen && servedTask(chosen, decided, listener, abort);
      },
    }));
  const members = await shared?.members(settings.fresh ? undefined : path, drain);
  const runner = own ?? (members as Members).runner;
  const identified = {
    ...{ runner, tasks },
    decided: { ...rules, ...(shard ? { shard: shardName(shard) } : {}), ...(until ? { until: until.identity } : {}) },
    ...(judge ? { judge } : {}),
  };
  const identity = await identityOf(identified);
  const manifest = manifestOf({
    ...{ name, settings, choice, runner, data },
    identity: members ? withRequests(identity, members.identity) : identity,
    config: members ? { name: runner.name, demo: members.demo } : (config as unknown as Json),
  });
  await using folder = await RunFolder.open(path, manifest, { fresh: settings.fresh ?? false });
  try {
    await folder.setStatus("running");
    await preflight(runner, tasks, abort, decided.frameRule?.profile === serverProfile);
    await judge?.preflight?.(abort);
    await secondJudge?.preflight?.(abort);
    await folder.setServer(await runner.server?.(abort));
    await onFolder?.(path);
    let newSamples = 0;
    const events: RunEvents = {
      onTaskStart: (...given) => listener.onTaskStart(...given),
      onSample(...given) {
        newSamples++;
        listener.onSample(...given);
      },
      onTaskEnd: (...given) => listener.onTaskEnd(...given),
      onTiming: (...given) => listener.onTiming(...given),
    };
    const labels = choice.chosen.map(({ label }) => label);
    const beside = ways.flatMap((way) => labels.filter(way.has).map((label) => labelBeside(label, way)));
    listener.onPlan?.([...labels, ...beside]);
    const evaluation: Evaluation = {
      folder,
      runner,
      ...(judge ? { judge } : {}),
      ...(secondJudge ? { secondJudge } : {}),
      media: { readImage, readMask, ...defined({ clips: clips?.reader }) },
      ...defined({ frames: clips?.facts }),
      withoutReasoning,
      reading,
      // A shard was looked at in rows that are not its own.
      openDataset: async (task) => (shard ? undefined : opened.take(task.label)) ?? open(task),
      selection,
      scoring,
      seed,
      ...defined({ concurrency: settings.concurrency }),
      maxFailed: decided.maxFailed,
      demoModel: members?.demo ?? isDemoModel(model),
      ...(shared ? { share: (task) => shared.share(task) } : {}),
      ...(until ? { until: ({ label }) => until.of(label) } : {}),
      profileOf,
      generationOf,
      drain,
      abort,
      events,
    };
    const seen = await evaluate(choice.chosen, evaluation);
    const wasFinished = newSamples === 0 ? folder.finishedBefore : undefined;
    const all = [...seen];
    for (const way of ways) {
      if (drain.aborted || all.some(({ end }) => end !== "complete")) break;
      all.push(...(await evaluateBeside(way, { path, chosen: choice.chosen, evaluation, manifest, identified })));
    }
    const incomplete = all.some(({ end, result }) => end === "endpoint-down" || result?.flags.includes("incomplete"));
    const interrupted = drain.aborted;
    const finishedBefore = newSamples === 0 ? folder.finishedBefore : undefined;
    await folder.setStatus(interrupted ? "interrupted" : incomplete ? "incomplete" : "done", wasFinished);
    const results = await comparedOf(folder, seen);
    if (!interrupted) await shared?.finish();
    await writeRunLeaderboard(path);
    if (!interrupted && wasFinished === undefined && !shard) await remember(path);
    if (settings.out === undefined) await regenerateLeaderboard(resolve("results"));
    return {
      ...{ folder: path, results, interrupted, incomplete },
      ...defined({ finishedBefore, changed: shared?.changed, repeated: shared?.repeated }),
    };
  } catch (error) {
    // The first failure is the one to tell; a folder that cannot take its status is told by the next run.
    await folder.setStatus(drain.aborted ? "interrupted" : "incomplete").catch(() => {});
    throw error;
  }
}

async function servedTask(
  chosen: EvaluatedTask,
  decided: Decided,
  listener: RunListener,
  signal: AbortSignal,
): Promise<ServedTask> {
  const dataset = await opener(decided, listener, signal, true)(chosen);
  return { dataset, task: chosen.task, profile: decided.profileOf(chosen.task) };
}

/** With what the runs say that lie beside it. */
async function comparedOf(folder: RunFolder, ended: readonly EvaluatedResult[]): Promise<readonly EvaluatedResult[]> {
  if ((await runsBeside(folder.path)).size === 0) return ended;
  const { withWhatLiesBeside } = await import("./compared-ways.js");
  const results = ended.flatMap(({ result }) => result ?? []);
  const gained = new Map((await withWhatLiesBeside(folder, results)).map((result) => [result.task, result]));
  return ended.map((one) => ({ ...one, ...defined({ result: gained.get(one.label) }) }));
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

export const isDemoModel = ({ isDemo, isStub, isReplayedDemo = false }: ChosenModel): boolean =>
  isDemo || isStub || isReplayedDemo;

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

/**
 * Asks the model a few trivial things before the first question is paid for.
 * @param wholeClips  clips are sent as they are: that a server sees these cannot be asked in few words
 */
export async function preflight(
  runner: Runner,
  tasks: readonly TaskToAsk[],
  abort: AbortSignal,
  wholeClips = false,
): Promise<void> {
  const showsImages = (prompt: Prompt) =>
    promptImages(prompt).length > 0 || (!wholeClips && videoParts(prompt).length > 0);
  await runner.preflight?.(abort, {
    options: distinct(tasks.map(({ generation }) => generation)),
    images: tasks.some(({ task, row, profile }) => row && showsImages(task.prompt(row, profile))),
  });
}

/** Tasks that ask in one way are asked about once. */
function distinct(options: readonly GenerationOptions[]): readonly GenerationOptions[] {
  return [...new Map(options.map((set) => [JSON.stringify(set), set])).values()];
}

/** What the settings come to, before anything is opened. */
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
