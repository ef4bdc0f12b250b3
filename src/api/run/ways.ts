/** The other ways in which a run asks its questions: blind, by other prompt profiles, with options in other orders, within other budgets. */
import type { BlindWay } from "../../core/blind.js";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import type { GenerationOptions } from "../../core/runner.js";
import type { Split, Task } from "../../core/task.js";
import type { Run } from "../../record/read.js";
import { reordered } from "../../run/option-order.js";
import type { RunSettings } from "../settings.js";
import type { Choice } from "../tasks/catalogue.js";
import type { Way } from "./beside.js";
import { blindWay, requireBlindable } from "./blind.js";
import type { ClipRule } from "./clips.js";
import type { ChosenModel } from "./models.js";

/** What of a run's decisions matters here. */
interface Asked {
  readonly choice: Choice;
  readonly model: ChosenModel;
  readonly seed: number;
  readonly frameRule?: ClipRule;
  profileOf(task: Task): string;
  generationOf(task: Task, split: Split): GenerationOptions;
}

/** The largest of the budgets asked for: that run is the one that the others stand beside. */
export function largestBudget({ "max-new-tokens": asked }: RunSettings): number | undefined {
  return asked === undefined ? undefined : Math.max(...[asked].flat());
}

/** @throws UserError  settings that do not go together, or that no chosen task has a use for */
export function waysOf(settings: RunSettings, asked: Asked, isFleet: boolean): readonly Way[] {
  requireBlindable(settings, asked, isFleet);
  const { blind, "prompt-profiles": profiles, "option-orders": orders } = settings;
  const budgets = [...new Set([settings["max-new-tokens"] ?? []].flat())];
  const flags = [
    ...(blind === undefined ? [] : ["--blind"]),
    ...(profiles === undefined ? [] : ["--prompt-profiles"]),
    ...(orders === undefined ? [] : ["--option-orders"]),
    ...(budgets.length < 2 ? [] : ["--max-new-tokens"]),
  ];
  const [flag, other] = flags;
  if (flag === undefined) return [];
  if (other !== undefined)
    throw new UserError(
      `${flag} and ${other} each ask everything once more in their own way`,
      other,
      "give them in two commands: the second asks only what it lacks, and both stand in the Result",
    );
  if (blind !== undefined) return [blindWay(blind as BlindWay, asked.choice.chosen, asked.seed)];
  requireOneAsker(flag, settings, asked, isFleet);
  if (profiles !== undefined) return profileWays(profiles, asked);
  if (orders !== undefined) return orderWays(orders, asked);
  return budgetWays(budgets, asked);
}

function requireOneAsker(flag: string, settings: RunSettings, { model }: Asked, isFleet: boolean): void {
  const refuse = (what: string, fix: string) => {
    throw new UserError(what, flag, fix);
  };
  if (isFleet) refuse("workers are told of one way of asking", `leave out --fleet, or ${flag}`);
  if (settings.shard !== undefined)
    refuse("a shard has a part of the samples, and the ways are compared over all", `leave out --shard, or ${flag}`);
  if (model.config.runner === "replay")
    refuse("a replay says the same however it is asked", "name a model that can be asked");
  if (settings.until !== undefined)
    refuse("a run that stops when it is decided has asked a part", `leave out --until, or ${flag}`);
}

const same = (_label: string, task: Task) => task;

function profileWays(wanted: readonly string[], { choice: { chosen }, profileOf }: Asked): readonly Way[] {
  const known = new Set(chosen.flatMap(({ task }) => task.profiles ?? ["default"]));
  const stranger = wanted.find((profile) => profile !== "all" && !known.has(profile));
  if (stranger !== undefined)
    throw new UserError(
      `no task here has a prompt profile "${stranger}"`,
      "--prompt-profiles",
      `${didYouMean(stranger, [...known, "all"])}profiles: all, ${[...known].join(", ")}`,
    );
  const others = new Map(
    chosen.map(({ task, label }) => [
      label,
      (task.profiles ?? []).filter(
        (profile) => profile !== profileOf(task) && (wanted.includes("all") || wanted.includes(profile)),
      ),
    ]),
  );
  const profiles = [...new Set([...others.values()].flat())];
  if (profiles.length === 0)
    throw new UserError(
      `${chosen.map(({ label }) => label).join(", ")}: there is no other prompt profile to ask by`,
      "--prompt-profiles",
      "name tasks that have several (`llava-eval tasks TASK` lists them), or leave it out",
    );
  return profiles.map((profile) => ({
    name: `profile-${profile.replace(/[^\w.+-]+/g, "-")}`,
    words: `by the profile ${profile}`,
    decided: {},
    has: (label) => others.get(label)?.includes(profile) === true,
    taskOf: same,
    changes: { profileOf: () => profile },
    isWords: true,
  }));
}

function orderWays(orders: number, { choice: { chosen } }: Asked): readonly Way[] {
  const movable = chosen.filter(({ task }) => task.options !== undefined);
  if (movable.length === 0)
    throw new UserError(
      `${chosen.map(({ label }) => label).join(", ")}: no task here says where its options stand, so they cannot be moved`,
      "--option-orders",
      "docs/sure.md names those that do; a task of your own says so by `options`",
    );
  return Array.from({ length: orders - 1 }, (_, i) => orderWay(i + 1, movable));
}

/** By so many places. */
function orderWay(by: number, movable: Choice["chosen"]): Way {
  const moved = new Map(movable.map(({ task, label }) => [label, reordered(task, by)]));
  return {
    name: `options-${by}`,
    words: `with its options moved by ${by}`,
    decided: { optionOrder: by },
    has: (label) => moved.has(label),
    taskOf: (label, task) => moved.get(label)?.task ?? task,
    only: (row) => [...moved.values()].some((one) => one.isMoved(row)),
    changes: { optionOrder: by },
  };
}

/** The way in which a run beside another has asked, from what it says of itself; undefined where the words are its row's own. */
export function wayOfRun({ manifest: { identity } }: Run, chosen: Choice["chosen"], seed: number): Way | undefined {
  const { blind, optionOrder } = identity;
  if (blind !== undefined) return blindWay(blind as BlindWay, chosen, seed);
  return typeof optionOrder === "number" ? orderWay(optionOrder, chosen) : undefined;
}

function budgetWays(budgets: readonly number[], { choice: { chosen }, generationOf }: Asked): readonly Way[] {
  const written = new Set(chosen.filter(({ task }) => task.choices === undefined).map(({ label }) => label));
  if (written.size === 0)
    throw new UserError(
      `${chosen.map(({ label }) => label).join(", ")}: nothing is written where likelihoods are compared`,
      "--max-new-tokens",
      "give one number, or name tasks whose answers are written",
    );
  const smaller = budgets.filter((budget) => budget < Math.max(...budgets));
  return smaller.map((maxNewTokens) => ({
    name: `budget-${maxNewTokens}`,
    words: `within ${maxNewTokens} tokens`,
    decided: {},
    has: (label) => written.has(label),
    taskOf: same,
    changes: { generationOf: (task, split) => ({ ...generationOf(task, split), maxNewTokens }) },
  }));
}
