/** A run, put together: tasks, model, judges, data and folder. The command line and `evaluate` both come through here. */

import { join, resolve } from "node:path";
import { regenerateLeaderboard, writeRunLeaderboard } from "../../board/leaderboard/collect.js";
import { defined } from "../../core/defined.js";
import type { Json } from "../../core/json.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import { RunFolder } from "../../record/folder.js";
import {
  type EvaluatedResult,
  type EvaluatedTask,
  type Evaluation,
  evaluate,
  type RunEvents,
} from "../../run/evaluate.js";
import { identityOf } from "../../run/identity.js";
import { peek } from "../../run/peek.js";
import { shardName } from "../../run/shard.js";
import { withoutReasoning } from "../../text/visible-answer.js";
import { serverProfile } from "../../video/frame-profiles.js";
import { withSeal } from "../record/dataset.js";
import type { RunSettings } from "../settings.js";
import { type EvaluatedBeside, evaluateBeside, labelBeside, runsBeside } from "./beside.js";
import { requireFrames } from "./blind.js";
import { openClips } from "./clips.js";
import { type Decided, decide, opener, rulesOf, tasksToAsk } from "./decide.js";
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
import { isDemoModel, judgesOf, openJudge, openModel, portable } from "./models.js";
import { preflight } from "./preflight.js";
import { remember } from "./remember.js";
import { requireMerged, shardFolder } from "./shard.js";
import { openUntil } from "./until.js";
import { waysOf } from "./ways.js";

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
  /** The same tasks in the other ways that were asked for, each in a folder of its own. */
  readonly beside: readonly EvaluatedBeside[];
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
  const manifest = await withSeal(
    manifestOf({
      ...{ name, settings, choice, runner, data },
      identity: members ? withRequests(identity, members.identity) : identity,
      config: members ? { name: runner.name, demo: members.demo } : (config as unknown as Json),
    }),
    warn,
  );
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
    const labelsBeside = ways.flatMap((way) => labels.filter(way.has).map((label) => labelBeside(label, way)));
    listener.onPlan?.([...labels, ...labelsBeside]);
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
    const beside: EvaluatedBeside[] = [];
    for (const [i, way] of ways.entries()) {
      if (drain.aborted || [...seen, ...beside].some(({ end }) => end !== "complete")) break;
      const first = { path, chosen: choice.chosen, evaluation, manifest, identified, earlier: ways.slice(0, i) };
      beside.push(...(await evaluateBeside(way, first)));
    }
    const all = [...seen, ...beside];
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
      ...{ folder: path, results, beside, interrupted, incomplete },
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
