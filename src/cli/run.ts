import { join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { regenerateLeaderboard, writeRunLeaderboard } from "../board/leaderboard/collect.js";
import type { Dataset } from "../core/dataset.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import type { GenerationOptions } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { openDataset } from "../datasets/index.js";
import { readImage } from "../images/encoded.js";
import { RunFolder } from "../record/folder.js";
import { type EvaluatedTask, evaluate } from "../run/evaluate.js";
import { peek } from "../run/peek.js";
import type { ModelConfig } from "../runners/config.js";
import { resolveModel } from "../runners/spec.js";
import { withoutReasoning } from "../text/reasoning-tags.js";
import { type Choice, chooseTasks } from "./catalogue.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { parseMaxFailed, type RunSettings, readSettings, yargsOptions } from "./options.js";
import { Progress } from "./progress.js";
import { costLines, resultLines } from "./report-lines.js";
import { manifestOf } from "./run-manifest.js";
import { judgesOf, openJudge, openModel, portable, resolveModelOrDemo } from "./run-models.js";

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
    const opened = await peek(choice.chosen, open, selection.offset, profileOf, interrupt.drain);
    const manifest = manifestOf(settings, choice, portable(model.config), runner, { scoring, data, seed });
    const path = resolve(settings.out ?? join("results", manifest.name));
    const folder = await RunFolder.open(path, manifest, { fresh: settings.fresh ?? false });
    try {
      await folder.setStatus("running");
      const options = choice.chosen.map(({ task, split }) => generationOf(task, split));
      await runner.preflight?.(interrupt.abort, { options: distinct(options), images: opened.hasImages });
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
        withoutReasoning,
        openDataset: async (task) => opened.take(task.label) ?? open(task),
        selection,
        scoring,
        seed,
        ...(settings.concurrency === undefined ? {} : { concurrency: settings.concurrency }),
        maxFailed,
        demoModel: model.isDemo || model.isStub || model.isReplayedDemo === true,
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
      for (const { end, label, detail } of results) {
        if (end === "endpoint-down")
          process.stderr.write(
            `${label}: the endpoint stopped answering (${terminalSafe(detail ?? "", 400)}); the same command goes on from here\n`,
          );
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

/** Tasks that ask in one way are asked about once. */
function distinct(options: readonly GenerationOptions[]): readonly GenerationOptions[] {
  return [...new Map(options.map((set) => [JSON.stringify(set), set])).values()];
}

/** The demo has rows of its own; naming a model means asking for the benchmark. */
function dataOf(settings: RunSettings, isDemo: boolean): string {
  const data = settings.data ?? (isDemo ? "demo" : "hub");
  return data === "hub" || data === "demo" ? data : resolve(data);
}

function requireConsistent(settings: RunSettings, choice: Choice, config: ModelConfig): void {
  if (config.runner !== "local") {
    for (const flag of [
      "device",
      "replicas",
      "dtype",
      "quantisation",
      "template",
      "grid-order",
      "vision-tower",
    ] as const) {
      if (settings[flag] !== undefined) {
        throw new UserError(
          `--${flag} is for local models; ${config.runner} is not one`,
          `--${flag}`,
          "leave it out, or choose --model local:DIR",
        );
      }
    }
  }
  const judged = choice.chosen.filter(({ task, split }) => task.judge && split.answers === "public");
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
