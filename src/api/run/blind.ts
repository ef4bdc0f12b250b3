/** `run --blind`: the same tasks once more with less to see, in a run of their own inside the run's folder, and what the image was worth. */
import { type BlindWay, blindWays, blindWords, isAboutFrames } from "../../core/blind.js";
import { UserError } from "../../core/errors.js";
import { imageParts, videoParts } from "../../core/prompt.js";
import type { Run } from "../../record/read.js";
import { blinded, blindMedia } from "../../run/blind.js";
import type { TaskToAsk } from "../../run/identity.js";
import { serverProfile } from "../../video/frame-profiles.js";
import type { RunSettings } from "../settings.js";
import type { Choice } from "../tasks/catalogue.js";
import type { Way } from "./beside.js";
import type { ClipRule } from "./clips.js";
import type { ChosenModel } from "./models.js";

/** What of a run's decisions matters here. */
interface Asked {
  readonly choice: Choice;
  readonly model: ChosenModel;
  readonly frameRule?: ClipRule;
}

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

/** Asking what a way of hiding leaves. */
export function blindWay(way: BlindWay, chosen: Choice["chosen"], seed: number): Way {
  const hidden = new Map(chosen.map(({ task, label }) => [label, blinded(task, way, seed)]));
  return {
    name: `blind-${way}`,
    words: blindWords[way],
    decided: { blind: way },
    has: (label) => hidden.has(label),
    taskOf: (label, task) => hidden.get(label)?.task ?? task,
    rowsOf: (label, dataset) => hidden.get(label)?.rowsOf(dataset) ?? dataset,
    changes: { blind: way },
    mediaOf: (media) => blindMedia(media, way, seed),
  };
}

/** Of the runs beside one, those that were asked blind. */
export function blindOf(beside: ReadonlyMap<string, Run>): ReadonlyMap<BlindWay, Run> {
  return new Map(
    blindWays.flatMap((way) => {
      const run = beside.get(`blind-${way}`);
      return run ? [[way, run] as const] : [];
    }),
  );
}
