import { existsSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { regenerateLeaderboard, writeRunLeaderboard } from "../board/leaderboard/collect.js";
import type { Dataset } from "../core/dataset.js";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import { didYouMean } from "../core/nearest.js";
import { packageRoot } from "../core/package-root.js";
import type { RunManifest } from "../core/result.js";
import type { GenerationOptions, Runner } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import { openDataset } from "../datasets/index.js";
import { readImage } from "../images/encoded.js";
import { withBudget } from "../run/budget.js";
import { digestOf } from "../run/digest.js";
import { type EvaluatedTask, evaluate } from "../run/evaluate.js";
import { askingOnce } from "../run/once.js";
import { peek } from "../run/peek.js";
import { withResponseCache } from "../run/response-cache.js";
import { RunFolder } from "../run/run-folder.js";
import type { ModelConfig } from "../runners/config.js";
import { openRunner } from "../runners/index.js";
import { resolveModel } from "../runners/spec.js";
import { type Choice, chooseTasks } from "./catalogue.js";
import { ExitCode } from "./exit-code.js";
import { parseMaxFailed, type RunSettings, readSettings, yargsOptions } from "./options.js";
import { Progress } from "./progress.js";
import { costLines, resultLines } from "./report-lines.js";
import { versions } from "./versions.js";

export const command: CommandModule = {
  builder: (yargs) =>
    yargs
      .options(yargsOptions)
      .option("config", {
        type: "string",
        requiresArg: true,
        describe: "YAML file with these settings",
        group: "What:",
      })
      .example("$0 run --tasks vqav2,mmmu", "the embedded demo, offline")
      .example("$0 run --tasks pope --model llava-next-72b", "a preset on the local engine")
      .example("$0 run --tasks 'mmbench*' --model openai:my-model@http://host:8000/v1 --limit 100", "an endpoint"),
  handler: async (argv) => {
    process.exitCode = await run(await readSettings(argv));
  },
};

/** What the demo is asked when nothing is said: the tasks with embedded rows. */
const demoModelFolder = join(packageRoot, "configs", "demo", "model");

async function run(settings: RunSettings): Promise<number> {
  if (!settings.tasks || settings.tasks.length === 0) {
    throw new UserError("no task was named", "--tasks", 'name some: --tasks vqav2,mmmu; "llava-eval tasks" lists them');
  }
  const choice = await chooseTasks(settings.tasks);
  const scoring = (settings.scoring as Scoring | undefined) ?? choice.scoring ?? "official";
  const model = await resolveModelOrDemo(settings.model);
  requireConsistent(settings, choice, model.config);
  const data = dataOf(settings, model.isDemo);
  const profileOf = profileRule(choice, settings["prompt-profile"] ?? choice.promptProfile);
  const generationOf = generationRule(settings);
  const selection = {
    offset: settings.offset ?? 0,
    repeats: settings.repeats ?? 1,
    ...(settings.limit === undefined ? {} : { limit: settings.limit }),
  };
  const seed = settings.seed ?? 0;
  const maxFailed = parseMaxFailed(settings["max-failed"]);

  const progress = new Progress();
  const warn = (message: string) => progress.say(`warning: ${message}`);
  if (model.isStub) warn("this is the stub: its answers mean nothing, and neither do their scores");
  const interrupt = new Interrupt((message) => progress.say(message));
  const open = ({ task, split, label }: EvaluatedTask): Promise<Dataset> =>
    openDataset({
      task: task.name,
      splitName: choice.chosen.find((one) => one.label === label)?.splitName ?? "",
      split,
      row: task.row,
      data,
      partial: selection.limit !== undefined,
      warn,
      say: (message) => progress.say(message),
      signal: interrupt.drain,
    });

  try {
    if (settings["dry-run"]) {
      const { dryRun } = await import("./dry-run.js");
      return await dryRun(choice.chosen, {
        open,
        profileOf,
        generationOf,
        selection,
        model: model.config,
        judges: await Promise.all(judgesOf(settings).map(resolveModel)),
        signal: interrupt.abort,
      });
    }
    await using runner = await openModel(model.config, settings, warn, progress);
    const [first, second] = judgesOf(settings);
    await using judge = await openJudge(first, choice, settings, warn);
    await using secondJudge = await openJudge(second, choice, settings, warn);
    // Everything that can be wrong is looked at before the first request is paid for.
    const opened = await peek(choice.chosen, open, selection.offset, interrupt.drain);
    const manifest = manifestOf(settings, choice, portable(model.config), runner, { scoring, data, seed });
    const path = resolve(settings.out ?? join("results", manifest.name));
    const folder = await RunFolder.open(path, manifest, { fresh: settings.fresh ?? false });
    try {
      await folder.setStatus("running");
      await runner.preflight?.(interrupt.abort);
      await judge?.preflight?.(interrupt.abort);
      await secondJudge?.preflight?.(interrupt.abort);
      await using page = settings.view ? await (await import("./live-page.js")).openLivePage(path) : undefined;
      if (page) progress.say(`watch it at ${page.url}`);
      const results = await evaluate(choice.chosen, {
        folder,
        runner,
        ...(judge ? { judge } : {}),
        ...(secondJudge ? { secondJudge } : {}),
        readImage,
        openDataset: async (task) => opened.take(task.label) ?? open(task),
        selection,
        scoring,
        seed,
        ...(settings.concurrency === undefined ? {} : { concurrency: settings.concurrency }),
        maxFailed,
        demoModel: model.isDemo || model.isStub,
        profileOf,
        generationOf,
        drain: interrupt.drain,
        abort: interrupt.abort,
        events: progress,
      });
      const finished = results.flatMap(({ result }) => (result ? [result] : []));
      const interrupted = interrupt.drain.aborted;
      const incomplete =
        finished.some(({ flags }) => flags.includes("incomplete")) ||
        results.some(({ end }) => end === "endpoint-down");
      await folder.setStatus(interrupted ? "interrupted" : incomplete ? "incomplete" : "done");
      await writeRunLeaderboard(path);
      if (settings.out === undefined) await regenerateLeaderboard(resolve("results"));
      progress.stop();
      if (settings.json) process.stdout.write(`${JSON.stringify(finished, null, 2)}\n`);
      else for (const result of finished) process.stdout.write(`${resultLines(result)}\n`);
      process.stderr.write(`${costLines(progress.cost())}\n${path}\n`);
      for (const { end, label } of results) {
        if (end === "endpoint-down")
          process.stderr.write(`${label}: the endpoint stopped answering; the same command goes on from here\n`);
      }
      if (interrupted) process.stderr.write("interrupted: the same command goes on from here\n");
      return interrupted ? ExitCode.interrupted : incomplete ? ExitCode.incomplete : ExitCode.done;
    } catch (error) {
      await folder.setStatus(interrupt.drain.aborted ? "interrupted" : "incomplete").catch(() => {});
      if (interrupt.abort.aborted) return ExitCode.interrupted;
      throw error;
    } finally {
      await folder.close();
      await opened.close();
    }
  } catch (error) {
    // Rows were being fetched, and nothing was asked yet.
    if (interrupt.drain.aborted && error === interrupt.drain.reason) return ExitCode.interrupted;
    throw error;
  } finally {
    interrupt.stop();
    progress.stop();
  }
}

interface ChosenModel {
  readonly config: ModelConfig;
  readonly isDemo: boolean;
  readonly isStub: boolean;
}

async function resolveModelOrDemo(spec: string | undefined): Promise<ChosenModel> {
  if (spec !== undefined) {
    const config = await resolveModel(spec);
    return { config, isDemo: false, isStub: config.runner === "stub" };
  }
  if (!existsSync(join(demoModelFolder, "config.json")))
    return { config: { runner: "stub" }, isDemo: true, isStub: true };
  return { config: { runner: "local", name: "demo", checkpoint: demoModelFolder }, isDemo: true, isStub: false };
}

/** The demo's checkpoint is named inside the package: a baseline of it is the same on every machine. */
function portable(config: ModelConfig): ModelConfig {
  const isDemo = config.runner === "local" && config.checkpoint === demoModelFolder;
  return isDemo ? { ...config, checkpoint: "configs/demo/model" } : config;
}

/** The demo has rows of its own; naming a model means asking for the benchmark. */
function dataOf(settings: RunSettings, isDemo: boolean): string {
  const data = settings.data ?? (isDemo ? "demo" : "hub");
  return data === "hub" || data === "demo" ? data : resolve(data);
}

function requireConsistent(settings: RunSettings, choice: Choice, config: ModelConfig): void {
  if (config.runner !== "local") {
    for (const flag of ["device", "replicas", "dtype", "quantisation", "template", "grid-order"] as const) {
      if (settings[flag] !== undefined) {
        throw new UserError(
          `--${flag} is for local models; ${config.runner} is not one`,
          `--${flag}`,
          "leave it out, or choose --model local:DIR",
        );
      }
    }
  }
  const judged = choice.chosen.filter(({ task, split }) => task.judge && split.labelled);
  if (judged.length > 0 && settings.judge === undefined) {
    const names = judged.map(({ label, task }) => `${label} (${task.judge?.model})`).join(", ");
    throw new UserError(
      `judged tasks need a judge: ${names}`,
      "--judge",
      "name one: --judge openai:gpt-4o-2024-11-20, or --judge none to leave those samples unscored",
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

function profileRule(choice: Choice, wanted: string | undefined): (task: Task) => string {
  for (const { task } of choice.chosen) {
    const known = task.profiles ?? ["default"];
    if (wanted !== undefined && !known.includes(wanted)) {
      throw new UserError(
        `task "${task.name}" has no prompt profile "${wanted}"`,
        "--prompt-profile",
        `${didYouMean(wanted, known)}its profiles: ${known.join(", ")}`,
      );
    }
  }
  return (task) => wanted ?? task.profiles?.[0] ?? "default";
}

function generationRule(settings: RunSettings): (task: Task, split: Split) => GenerationOptions {
  const { temperature, "max-new-tokens": maxNewTokens } = settings;
  return (task, split) => ({
    ...task.generation,
    ...split.generation,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
  });
}

async function openModel(
  config: ModelConfig,
  settings: RunSettings,
  warn: (message: string) => void,
  progress: Progress,
): Promise<Runner> {
  const { concurrency, device, replicas, dtype, quantisation, template, "grid-order": gridOrder } = settings;
  const options = { concurrency, device, replicas, dtype, quantisation, template, gridOrder };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  let runner = timed(await openRunner(config, { ...given, warn, say: (message) => progress.say(message) }), progress);
  if (settings.cache !== undefined) runner = await withResponseCache(runner, resolve(settings.cache));
  return askingOnce(runner);
}

/** The models named by --judge; `none` names none. */
function judgesOf({ judge = [] }: RunSettings): readonly string[] {
  if (judge.length > 2) {
    throw new UserError("more than two judges", "--judge", "name one, or two to see how far they agree");
  }
  return judge.filter((name) => name !== "none");
}

async function openJudge(
  model: string | undefined,
  choice: Choice,
  settings: RunSettings,
  warn: (message: string) => void,
): Promise<Runner | undefined> {
  if (model === undefined) return undefined;
  if (!choice.chosen.some(({ task, split }) => task.judge && split.labelled)) {
    warn("--judge was given, and no task has a judge");
    return undefined;
  }
  const judge = await openRunner(model, { warn });
  const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const cached = await withResponseCache(judge, join(cacheHome, "llava-eval", "judges"));
  return settings["judge-budget"] === undefined ? cached : withBudget(cached, settings["judge-budget"]);
}

/** Tells the progress when the model is at work: the harness's own share of the time is what remains. */
function timed(runner: Runner, { requests }: Progress): Runner {
  const timing = async <T>(call: Promise<T>): Promise<T> => {
    requests.begin();
    try {
      return await call;
    } finally {
      requests.end();
    }
  };
  return {
    name: runner.name,
    fingerprint: runner.fingerprint,
    get concurrency() {
      return runner.concurrency;
    },
    ...(runner.preflight ? { preflight: runner.preflight.bind(runner) } : {}),
    generate: (request, signal) => timing(runner.generate(request, signal)),
    ...(runner.loglikelihood
      ? { loglikelihood: (request, signal) => timing((runner as Required<Runner>).loglikelihood(request, signal)) }
      : {}),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

function manifestOf(
  settings: RunSettings,
  choice: Choice,
  config: ModelConfig,
  runner: Runner,
  decided: { readonly scoring: string; readonly data: string; readonly seed: number },
): RunManifest {
  const identity = {
    model: runner.name,
    fingerprint: runner.fingerprint as Json,
    ...decided,
    repeats: settings.repeats ?? 1,
    offset: settings.offset ?? 0,
  };
  // The same command finds the same folder: only what was asked for, not what it resolved to.
  const {
    limit: _limit,
    concurrency: _c,
    "max-failed": _m,
    out: _o,
    fresh: _f,
    json: _j,
    view: _v,
    cache: _k,
    "judge-budget": _b,
    ...asked
  } = settings;
  const tasks = choice.chosen.map(({ label }) => label);
  const digest = digestOf({ asked: { ...asked, tasks } as Json, config: config as unknown as Json, ...decided }, 8);
  return {
    schema: "llava-eval/run@1",
    name: `${slug(runner.name)}-${digest}`,
    status: "running",
    model: runner.name,
    fingerprint: runner.fingerprint,
    identity,
    config: {
      ...settings,
      tasks: choice.chosen.map(({ label, path }) => (path === undefined ? label : taskAt(path, label))),
      model: config as unknown as Json,
    } as Record<string, Json>,
    tasks,
    versions: versions(),
    host: { hostname: hostname(), platform: `${process.platform}-${process.arch}`, node: process.version },
    startedAt: new Date().toISOString(),
  };
}

/** `/path/to/mine.ts@split`: finds a task of the user's again, from any folder. */
const taskAt = (path: string, label: string) => path + (/@.*$/.exec(label)?.[0] ?? "");

const slug = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|-+$/g, "")
    .slice(0, 60) || "model";

/** The first Ctrl-C drains: what is in flight is finished and kept. The second gives it up. */
class Interrupt {
  private readonly draining = new AbortController();
  private readonly aborting = new AbortController();
  private readonly listener = () => this.signalled();

  constructor(private readonly say: (message: string) => void) {
    process.on("SIGINT", this.listener);
    process.on("SIGTERM", this.listener);
  }

  get drain(): AbortSignal {
    return this.draining.signal;
  }

  get abort(): AbortSignal {
    return this.aborting.signal;
  }

  stop(): void {
    process.off("SIGINT", this.listener);
    process.off("SIGTERM", this.listener);
  }

  private signalled(): void {
    if (this.draining.signal.aborted) {
      this.aborting.abort(new Error("interrupted"));
      return;
    }
    this.say("interrupted: finishing what is in flight; once more to give it up");
    this.draining.abort();
  }
}
