import { spawn } from "node:child_process";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { CommandModule } from "yargs";
import { openMlflow } from "../board/trackers/mlflow.js";
import type { Tracker } from "../board/trackers/scalars.js";
import { openTensorBoard } from "../board/trackers/tensorboard.js";
import { type Checkpoint, findCheckpoints, isComplete } from "../board/watch/checkpoints.js";
import { curveTable, type Point, readCurve, runFolderOf, writeCurve } from "../board/watch/curve.js";
import { decide, type StopDecision } from "../board/watch/early-stop.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { Transport } from "../http/transport.js";
import { ExitCode } from "./exit-code.js";
import { metricsOf } from "./metrics-of.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly dir: string;
  readonly tasks: string | undefined;
  readonly config: string | undefined;
  readonly data: string | undefined;
  readonly limit: string | undefined;
  readonly model: string;
  readonly out: string | undefined;
  readonly every: string | undefined;
  readonly quiet: string | undefined;
  readonly once: boolean;
  readonly "stop-task": string | undefined;
  readonly patience: string | undefined;
  readonly "min-effect": string | undefined;
  readonly tensorboard: string | undefined;
  readonly mlflow: string | undefined;
  readonly "mlflow-experiment": string;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("dir", { type: "string", demandOption: true, describe: "the trainer's output folder" })
      .option("tasks", { type: "string", requiresArg: true, describe: "as for run" })
      .option("config", {
        type: "string",
        requiresArg: true,
        describe: "settings for run: tasks, data, limit, device, ...",
      })
      .option("data", { type: "string", requiresArg: true, describe: "as for run" })
      .option("limit", { type: "string", requiresArg: true, describe: "as for run" })
      .option("model", {
        type: "string",
        requiresArg: true,
        default: "local:{}",
        describe: "as for run; {} is the checkpoint",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "folder of the runs and the curve (default: results/watch-<name of dir>)",
      })
      .option("every", { type: "string", requiresArg: true, describe: "seconds between looks (default 30)" })
      .option("quiet", {
        type: "string",
        requiresArg: true,
        describe: "seconds without a change before a checkpoint counts (default 10)",
      })
      .option("once", { type: "boolean", default: false, describe: "evaluate what is there, then end" })
      .option("stop-task", {
        type: "string",
        requiresArg: true,
        describe: "end when this task has stopped getting better",
      })
      .option("patience", {
        type: "string",
        requiresArg: true,
        describe: "checkpoints that must exclude an improvement (default 3)",
      })
      .option("min-effect", {
        type: "string",
        requiresArg: true,
        describe: "an improvement counts from here, as for compare (default 1)",
      })
      .option("tensorboard", { type: "string", requiresArg: true, describe: "also write event files into this folder" })
      .option("mlflow", { type: "string", requiresArg: true, describe: "also log to this MLflow server (URL)" })
      .option("mlflow-experiment", {
        type: "string",
        requiresArg: true,
        default: "llava-eval",
        describe: "its experiment",
      })
      .example("$0 watch out/llava-7b --tasks mmmu,pope --tensorboard out/llava-7b/runs", "a curve beside the loss")
      .epilog(
        `Writes curve.jsonl, and early-stop.json when it ends early; scripts/wandb-import.py sends the curve to Weights & Biases.`,
      ),
  handler: async (argv) => {
    process.exitCode = await watch(argv);
  },
};

async function watch(argv: Arguments): Promise<number> {
  const dir = resolve(argv.dir);
  if (!(await stat(dir).catch(() => undefined))?.isDirectory()) {
    throw new UserError("no such folder", argv.dir, "name the folder that the trainer writes its checkpoints into");
  }
  if (argv.tasks === undefined && argv.config === undefined) {
    throw new UserError("no task was named", "--tasks", "name some, or a settings file with --config");
  }
  const seconds = (value: string | undefined, name: string, fallback: number) =>
    1000 * numberFlag(value, name, { min: 0, max: 86_400, fallback });
  const everyMs = seconds(argv.every, "every", 30);
  const quietMs = seconds(argv.quiet, "quiet", 10);
  const stopAfter = stopRule(argv);
  const out = resolve(argv.out ?? join("results", `watch-${basename(dir)}`));
  await mkdir(out, { recursive: true });
  await using trackers = new Trackers(argv, out);
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const given = new Set<number>();
    for (;;) {
      const points = await readCurve(out);
      const done = new Set(points.map(({ step }) => step));
      const next = await nextCheckpoint(dir, (step) => done.has(step) || given.has(step), quietMs);
      if (next) {
        given.add(next.step);
        const code = await evaluate(next, argv, out, interrupt.signal);
        if (code === ExitCode.interrupted || interrupt.signal.aborted) return ExitCode.interrupted;
        if (code === ExitCode.userError) return code;
        if (code === ExitCode.done) {
          const decision = await report(await readCurve(out), next.step, out, trackers, stopAfter);
          if (decision?.stop) return ExitCode.done;
        } else
          process.stderr.write(`warning: step ${next.step} ended with exit code ${code}; it is not on the curve\n`);
      } else if (argv.once) return ExitCode.done;
      else await wait(everyMs, undefined, { signal: interrupt.signal }).catch(() => {});
      if (interrupt.signal.aborted) return ExitCode.interrupted;
    }
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** The earliest complete checkpoint that has not been evaluated. */
async function nextCheckpoint(
  dir: string,
  isKnown: (step: number) => boolean,
  quietMs: number,
): Promise<Checkpoint | undefined> {
  for (const checkpoint of await findCheckpoints(dir)) {
    if (!isKnown(checkpoint.step) && (await isComplete(checkpoint, quietMs))) return checkpoint;
  }
  return undefined;
}

/** `llava-eval run` in a process of its own: a checkpoint that crashes the engine does not end the watch. */
async function evaluate(checkpoint: Checkpoint, argv: Arguments, out: string, signal: AbortSignal): Promise<number> {
  const args = [
    "run",
    "--model",
    argv.model.replaceAll("{}", checkpoint.dir),
    "--out",
    runFolderOf(out, checkpoint.step),
  ];
  for (const name of ["config", "tasks", "data", "limit"] as const) {
    const value = argv[name];
    if (value !== undefined) args.push(`--${name}`, value);
  }
  process.stderr.write(`step ${checkpoint.step}: ${terminalSafe(checkpoint.dir)}\n`);
  const child = spawn(process.execPath, [process.argv[1] as string, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const stop = () => child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code) => resolve(code ?? ExitCode.defect));
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function report(
  points: readonly Point[],
  step: number,
  out: string,
  trackers: Trackers,
  stopAfter: StopAfter | undefined,
): Promise<StopDecision | undefined> {
  await writeCurve(out, points);
  process.stdout.write(`step ${step}\n${curveTable(points)}\n`);
  const latest = points.find((point) => point.step === step);
  if (latest) await trackers.log(latest);
  const decision = stopAfter && (await stopAfter(points));
  if (decision?.stop) {
    await writeFile(join(out, "early-stop.json"), `${JSON.stringify(decision, null, 2)}\n`);
    process.stdout.write(
      `no more improvement over step ${decision.best}:\n${decision.reasons.map((reason) => `  ${reason}\n`).join("")}`,
    );
  }
  return decision;
}

type StopAfter = (points: readonly Point[]) => Promise<StopDecision | undefined>;

function stopRule(argv: Arguments): StopAfter | undefined {
  const patience = numberFlag(argv.patience, "patience", { min: 1, max: 1000, integer: true, fallback: 3 });
  const minEffect = numberFlag(argv["min-effect"], "min-effect", { min: 0, max: 100, fallback: 1 });
  const task = argv["stop-task"];
  if (task === undefined) return undefined;
  const options = { alpha: 0.05, minEffect, seed: 0, replicates: 1000, force: false, flips: 0, metricsOf };
  return (points) => decide(points, { task, patience }, options);
}

/** The trackers that were asked for; with none nothing is opened. A tracker that fails is a warning: the curve goes on. */
class Trackers implements AsyncDisposable {
  private readonly trackers: Tracker[] = [];
  private readonly transport: Transport | undefined;

  constructor(argv: Arguments, out: string) {
    if (argv.tensorboard !== undefined) this.trackers.push(openTensorBoard(resolve(argv.tensorboard)));
    if (argv.mlflow === undefined) return;
    const transport = new Transport();
    this.transport = transport;
    this.trackers.push(
      openMlflow({
        url: argv.mlflow,
        experiment: argv["mlflow-experiment"],
        runName: basename(out),
        stateFile: join(out, "mlflow.json"),
        send: (method, url, body) => sendJson(transport, method, url, body),
      }),
    );
  }

  async log({ run, step }: Point): Promise<void> {
    const time = Date.parse(run.manifest.finishedAt ?? "") || Date.now();
    for (const tracker of this.trackers) await this.attempt(() => tracker.log(run, step, time));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tracker of this.trackers) await this.attempt(() => tracker[Symbol.asyncDispose]());
    await this.transport?.[Symbol.asyncDispose]();
  }

  private async attempt(work: () => PromiseLike<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      process.stderr.write(
        `warning: tracker: ${terminalSafe(error instanceof Error ? error.message : String(error))}\n`,
      );
    }
  }
}

async function sendJson(transport: Transport, method: "GET" | "POST", url: string, body?: string) {
  const response = await transport.request({
    method,
    url,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    timeoutMs: 30_000,
    signal: new AbortController().signal,
  });
  return { status: response.status, body: response.body.toString("utf8") };
}
