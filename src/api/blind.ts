/** `run --blind`: the same tasks once more with less to see, in a run of their own inside the run's folder, and what the image was worth. */
import { join } from "node:path";
import { writeRunLeaderboard } from "../board/leaderboard/collect.js";
import { type BlindWay, blindWays, blindWords, isAboutFrames } from "../core/blind.js";
import { UserError } from "../core/errors.js";
import { imageParts, videoParts } from "../core/prompt.js";
import type { RunManifest } from "../core/result.js";
import { RunFolder } from "../record/folder.js";
import type { Identity } from "../record/identity.js";
import { isRun, openRun, type Run } from "../record/read.js";
import { blinded, blindMedia } from "../run/blind.js";
import { type EvaluatedResult, type EvaluatedTask, type Evaluation, evaluate } from "../run/evaluate.js";
import { identityOf, type RunToIdentify, type TaskToAsk } from "../run/identity.js";
import { serverProfile } from "../video/frame-profiles.js";
import type { Choice } from "./catalogue.js";
import type { ClipRule } from "./run-clips.js";
import type { ChosenModel } from "./run-models.js";
import type { RunSettings } from "./settings.js";

/** Where the blind run lies in the folder of the one that sees. */
export const blindFolder = (path: string, way: BlindWay) => join(path, `blind-${way}`);

/** What of a run's decisions matters here. */
interface Asked {
  readonly choice: Choice;
  readonly model: ChosenModel;
  readonly frameRule?: ClipRule;
}

/** What a task is called on the way, the second time. */
export const blindLabel = (label: string, way: BlindWay) => `${label} ${blindWords[way]}`;

/** @throws UserError  a setting that asking blind has no part in */
export function requireBlindable(settings: RunSettings, { model, frameRule, choice }: Asked, isFleet: boolean): void {
  const { blind, shard } = settings;
  if (blind === undefined) return;
  const refuse = (what: string, fix: string) => {
    throw new UserError(what, "--blind", fix);
  };
  if (isFleet) refuse("workers ask what the rows say, and cannot hide anything", "leave out --fleet, or --blind");
  if (shard !== undefined)
    refuse("a shard has a part of the samples, and the gain is of all", "leave out --shard, or --blind");
  if (model.config.runner === "replay")
    refuse("a replay says the same whether it sees or not", "name a model that can be asked");
  if (settings.until !== undefined)
    refuse("a run that stops when it is decided has asked a part", "leave out --until, or --blind");
  const sized = choice.chosen.find(({ task }) => task.imageSizes === true);
  if (sized)
    refuse(
      `${sized.label} is scored by the size of its image, which is not there`,
      "leave that task out: a box of what nobody sees has no right place",
    );
  if (isAboutFrames(blind as BlindWay) && frameRule?.profile === serverProfile)
    refuse("the server chooses the frames, and nobody here can hide some", "leave out --frame-profile server");
}

/** @throws UserError  frames are to be hidden of what has none */
export function requireFrames({ blind }: RunSettings, tasks: readonly TaskToAsk[]): void {
  if (blind === undefined || !isAboutFrames(blind as BlindWay)) return;
  const still = tasks.find(({ task, row, profile }) => {
    const prompt = row && task.prompt(row, profile);
    return prompt && videoParts(prompt).length === 0 && !imageParts(prompt).some(({ clip }) => clip !== undefined);
  });
  if (!still) return;
  throw new UserError(
    `${still.label} shows no clip`,
    `--blind ${blind}`,
    "choose --blind none or other, or name tasks with clips only",
  );
}

export interface BlindRun {
  readonly way: BlindWay;
  readonly chosen: Choice["chosen"];
  /** As the run that sees is asked. */
  readonly evaluation: Evaluation;
  readonly manifest: RunManifest;
  /** What that run's identity is made of. */
  readonly identified: RunToIdentify;
}

/** The tasks with what they ask changed, and what makes their run the same the next time. */
async function blindRun({ way, chosen, evaluation, manifest, identified }: BlindRun) {
  const { seed } = evaluation;
  const hidden = new Map(chosen.map(({ task, label }) => [label, blinded(task, way, seed)]));
  const taskOf = <T extends EvaluatedTask | TaskToAsk>(one: T): T => ({
    ...one,
    task: hidden.get(one.label)?.task ?? one.task,
  });
  const identity: Identity = await identityOf({
    ...identified,
    decided: { ...identified.decided, blind: way },
    tasks: identified.tasks.map(taskOf),
  });
  return {
    manifest: { ...manifest, name: `${manifest.name}-blind-${way}`, identity },
    tasks: chosen.map(taskOf),
    evaluation: (folder: RunFolder): Evaluation => ({
      ...evaluation,
      ...{ folder, blind: way },
      media: blindMedia(evaluation.media, way, seed),
      openDataset: async (task) => {
        const dataset = await evaluation.openDataset(task);
        return hidden.get(task.label)?.rowsOf(dataset) ?? dataset;
      },
      events: eventsOf(evaluation, (label) => blindLabel(label, way)),
    }),
  };
}

const eventsOf = ({ events }: Evaluation, named: (label: string) => string): Evaluation["events"] => ({
  onTaskStart: (label, planned) => events.onTaskStart(named(label), planned),
  onSample: (label, ...rest) => events.onSample(named(label), ...rest),
  onTaskEnd: (label, end) => events.onTaskEnd(named(label), end),
  onTiming: (record) => events.onTiming(record),
});

/** Asks blind what the blind run's folder does not have yet. @returns how each task ended */
export async function evaluateBlind(path: string, blind: BlindRun): Promise<readonly EvaluatedResult[]> {
  const run = await blindRun(blind);
  const target = blindFolder(path, blind.way);
  await using folder = await RunFolder.open(target, run.manifest, { fresh: false });
  await folder.setStatus("running");
  try {
    const results = await evaluate(run.tasks, run.evaluation(folder));
    const incomplete = results.some(
      ({ end, result }) => end === "endpoint-down" || result?.flags.includes("incomplete"),
    );
    const status = blind.evaluation.drain.aborted ? "interrupted" : incomplete ? "incomplete" : "done";
    await folder.setStatus(status, folder.finishedBefore);
    await writeRunLeaderboard(target);
    return results;
  } catch (error) {
    await folder.setStatus(blind.evaluation.drain.aborted ? "interrupted" : "incomplete").catch(() => {});
    throw error;
  }
}

/** The blind runs that lie in a run's folder, whole ones. */
export async function blindRunsIn(path: string): Promise<ReadonlyMap<BlindWay, Run>> {
  const found = new Map<BlindWay, Run>();
  for (const way of blindWays) {
    const folder = blindFolder(path, way);
    if (!(await isRun(folder))) continue;
    const run = await openRun(folder);
    if (run.manifest.status === "done" || run.manifest.status === "incomplete") found.set(way, run);
  }
  return found;
}
