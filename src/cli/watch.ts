import { spawn } from "node:child_process";
import { basename, join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { type WatchOptions, watchCheckpoints } from "../api/board/watch.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly dir: string;
  readonly tasks: string | undefined;
  readonly config: string | undefined;
  readonly data: string | undefined;
  readonly limit: string | undefined;
  readonly until: string | undefined;
  readonly against: string | undefined;
  readonly delta: string | undefined;
  readonly order: string | undefined;
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
      .option("until", {
        type: "string",
        requiresArg: true,
        describe: "as for run: each checkpoint until it is decided",
      })
      .option("against", {
        type: "string",
        requiresArg: true,
        describe: "as for run: what checkpoints are compared with",
      })
      .option("delta", { type: "string", requiresArg: true, describe: "as for run" })
      .option("order", { type: "string", requiresArg: true, describe: "as for run" })
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
        `Writes curve.jsonl and curve.svg, and early-stop.json when it ends early; scripts/wandb-import.py sends the curve to Weights & Biases.`,
      ),
  handler: async (argv) => {
    process.exitCode = await watch(argv);
  },
};

async function watch(argv: Arguments): Promise<number> {
  if (argv.tasks === undefined && argv.config === undefined) {
    throw new UserError("no task was named", "--tasks", "name some, or a settings file with --config");
  }
  const seconds = (value: string | undefined, name: string, fallback: number) =>
    1000 * numberFlag(value, name, { min: 0, max: 86_400, fallback });
  const out = resolve(argv.out ?? join("results", `watch-${basename(resolve(argv.dir))}`));
  const onWarning = (message: string) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`);
  const stop = stopRule(argv);
  const interrupt = new Interrupt(() => {});
  let code: number = ExitCode.done;
  const options: WatchOptions = {
    dir: argv.dir,
    out,
    everyMs: seconds(argv.every, "every", 30),
    quietMs: seconds(argv.quiet, "quiet", 10),
    once: argv.once,
    ...(stop ? { stop } : {}),
    ...defined({ tensorboard: argv.tensorboard }),
    ...(argv.mlflow === undefined ? {} : { mlflow: { url: argv.mlflow, experiment: argv["mlflow-experiment"] } }),
    onWarning,
    async evaluate(checkpoint, step, folder, signal) {
      process.stderr.write(`step ${step}: ${terminalSafe(checkpoint)}\n`);
      const ended = await runCheckpoint(checkpoint, argv, folder, signal);
      if (ended === ExitCode.done) return "done";
      if (ended === ExitCode.userError || ended === ExitCode.interrupted || signal.aborted) {
        code = signal.aborted ? ExitCode.interrupted : ended;
        return "end";
      }
      onWarning(`step ${step} ended with exit code ${ended}; it is not on the curve`);
      return "failed";
    },
  };
  try {
    for await (const { step, table, compared, stopped } of watchCheckpoints(options, interrupt.drain)) {
      process.stdout.write(`step ${step}\n${table}${compared.map((line) => `${terminalSafe(line)}\n`).join("")}\n`);
      if (!stopped) continue;
      const reasons = stopped.reasons.map((reason) => `  ${reason}\n`).join("");
      process.stdout.write(`no more improvement over step ${stopped.best}:\n${reasons}`);
      return ExitCode.done;
    }
    return interrupt.drain.aborted ? ExitCode.interrupted : code;
  } finally {
    interrupt.stop();
  }
}

/** @throws UserError  checkpoints would be compared with each other on the samples that another comparison left */
function stopRule(argv: Arguments): WatchOptions["stop"] {
  if (argv["stop-task"] !== undefined && argv.until !== undefined) {
    throw new UserError(
      "--stop-task compares checkpoints with each other, and --until asks of each only what its comparison with --against needs",
      "--until",
      "leave one of them out",
    );
  }
  const patience = numberFlag(argv.patience, "patience", { min: 1, max: 1000, integer: true, fallback: 3 });
  const minEffect = numberFlag(argv["min-effect"], "min-effect", { min: 0, max: 100, fallback: 1 });
  const task = argv["stop-task"];
  return task === undefined ? undefined : { task, patience, minEffect };
}

/** `llava-eval run` in a process of its own: a checkpoint that crashes the engine does not end the watch. */
async function runCheckpoint(
  checkpoint: string,
  argv: Arguments,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  const args = ["run", "--model", argv.model.replaceAll("{}", checkpoint), "--out", folder];
  for (const name of ["config", "tasks", "data", "limit", "until", "against", "delta", "order"] as const) {
    const value = argv[name];
    if (value !== undefined) args.push(`--${name}`, value);
  }
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
