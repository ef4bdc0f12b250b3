/** The models of a run: the one that is evaluated, and its judges. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import type { Runner } from "../../core/runner.js";
import type { Scoring } from "../../core/score.js";
import { judgeOf } from "../../core/task.js";
import { answersOfDemo } from "../../record/inherited.js";
import { withBudget } from "../../run/budget.js";
import { askingOnce } from "../../run/once.js";
import { withResponseCache } from "../../run/response-cache.js";
import { wrapped } from "../../run/wrapped-runner.js";
import type { ModelConfig } from "../../runners/config.js";
import { openRunner } from "../../runners/index.js";
import { localChoices } from "../../runners/local-settings.js";
import { resolveModel } from "../../runners/spec.js";
import type { RunSettings } from "../settings.js";
import type { Choice } from "../tasks/catalogue.js";
import type { RunListener } from "./listener.js";

const demoModelFolder = join(packageRoot, "configs", "demo", "model");

export interface ChosenModel {
  readonly config: ModelConfig;
  readonly isDemo: boolean;
  readonly isStub: boolean;
  /** Answers replayed from a demo. */
  readonly isReplayedDemo?: boolean;
}

/** @throws UserError  results cannot call a model so */
export function requireName(name: string): void {
  if (/^\S(.{0,98}\S)?$/u.test(name)) return;
  throw new UserError(
    `"${name}" cannot be a model's name`,
    "--name",
    "write one line of at most 100 characters, without blanks at its ends",
  );
}

/** @param name what results call it, in the place of its own name; an endpoint's has its URL in it */
export async function namedModel(spec: string | undefined, name: string | undefined): Promise<ChosenModel> {
  if (name !== undefined) requireName(name);
  const model = await modelOrDemo(spec);
  return name === undefined ? model : { ...model, config: { ...model.config, name } };
}

async function modelOrDemo(spec: string | undefined): Promise<ChosenModel> {
  if (spec !== undefined) {
    const config = await resolveModel(spec);
    const isReplayedDemo = config.runner === "replay" && (await answersOfDemo(config.file));
    return { config, isDemo: false, isStub: config.runner === "stub", isReplayedDemo };
  }
  if (!existsSync(join(demoModelFolder, "config.json")))
    return { config: { runner: "stub" }, isDemo: true, isStub: true };
  return { config: { runner: "local", name: "demo", checkpoint: demoModelFolder }, isDemo: true, isStub: false };
}

/** The demo's checkpoint is named inside the package: a baseline of it is the same on every machine. */
export function portable(config: ModelConfig): ModelConfig {
  const isDemo = config.runner === "local" && config.checkpoint === demoModelFolder;
  return isDemo ? { ...config, checkpoint: "configs/demo/model" } : config;
}

export async function openModel(
  config: ModelConfig,
  settings: RunSettings,
  warn: (message: string) => void,
  listener: RunListener,
): Promise<Runner> {
  const { concurrency } = settings;
  const given = { ...(concurrency === undefined ? {} : { concurrency }), ...localChoices(settings) };
  let runner = timed(await openRunner(config, { ...given, warn, say: (message) => listener.say(message) }), listener);
  if (settings.cache !== undefined)
    runner = await withResponseCache(runner, resolve(settings.cache), freshness(settings));
  return askingOnce(runner);
}

const freshness = ({ fresh = false }: RunSettings) => ({ fresh });

/** The models named by --judge; `none` names none. */
export function judgesOf({ judge = [] }: RunSettings): readonly string[] {
  if (judge.length > 2) {
    throw new UserError("more than two judges", "--judge", "name one, or two to see how far they agree");
  }
  return judge.filter((name) => name !== "none");
}

export async function openJudge(
  model: string | undefined,
  { choice, scoring }: { readonly choice: Choice; readonly scoring: Scoring },
  settings: RunSettings,
  warn: (message: string) => void,
): Promise<Runner | undefined> {
  if (model === undefined) return undefined;
  if (!choice.chosen.some(({ task, split }) => judgeOf(task, split, scoring))) {
    // Its words stand in run.json all the same: a key among them is refused as one of a judge that is asked.
    await resolveModel(model);
    warn(`--judge was given, and no task asks one with ${scoring} scoring`);
    return undefined;
  }
  const judge = await openRunner(model, { warn });
  const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const cached = await withResponseCache(judge, join(cacheHome, "llava-eval", "judges"), freshness(settings));
  return settings["judge-budget"] === undefined ? cached : withBudget(cached, settings["judge-budget"]);
}

/** Tells the listener when the model is at work: the harness's own share of the time is what remains. */
function timed(runner: Runner, { requests }: RunListener): Runner {
  const timing = async <T>(call: Promise<T>): Promise<T> => {
    requests.begin();
    try {
      return await call;
    } finally {
      requests.end();
    }
  };
  const { loglikelihood } = runner;
  return wrapped(runner, {
    generate: (request, signal) => timing(runner.generate(request, signal)),
    ...(loglikelihood
      ? { loglikelihood: (request, signal) => timing(loglikelihood.call(runner, request, signal)) }
      : {}),
  });
}

export const isDemoModel = ({ isDemo, isStub, isReplayedDemo = false }: ChosenModel): boolean =>
  isDemo || isStub || isReplayedDemo;
