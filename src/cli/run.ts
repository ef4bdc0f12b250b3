import type { CommandModule } from "yargs";
import { numberIn } from "../api/board/number-in.js";
import type { FleetSettings } from "../api/run/fleet.js";
import { runTasks } from "../api/run/run.js";
import { type RunSettings, readSettings } from "../api/settings.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { insecureFleet } from "./fleet-options.js";
import { Interrupt } from "./interrupt.js";
import { count } from "./number-format.js";
import { yargsOptions } from "./options.js";
import { Progress } from "./progress.js";
import { changedLine, costLines, nextLine, nothingAsked, resultLines, unscoredBeside } from "./report-lines.js";

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
      .option("fleet", {
        type: "boolean",
        describe: "workers answer, by way of the queue in LLAVA_EVAL_FLEET; --name says what their model is called",
        group: "How:",
      })
      .option("admit", {
        type: "boolean",
        describe:
          "with --fleet: workers may join whose model is set up otherwise; their answers and the Result say how",
        group: "How:",
      })
      .option("fleet-concurrency", {
        type: "string",
        requiresArg: true,
        describe: "with --fleet: blocks (of about 48 questions) that all workers together may have in hand",
        group: "How:",
      })
      .option("fleet-rate", {
        type: "string",
        requiresArg: true,
        describe: "with --fleet: questions a second for all workers together, taken in blocks",
        group: "How:",
      })
      .option("listen", {
        type: "string",
        requiresArg: true,
        describe: "with --fleet: HOST:PORT where workers with `--data coordinator` get rows and images (docs/fleet.md)",
        group: "How:",
      })
      .option("insecure-fleet", insecureFleet)
      .example("$0 run --tasks vqav2,mmmu", "the embedded demo, offline")
      .example("$0 run --tasks pope --model llava-next-72b", "a preset on the local engine")
      .example("$0 run --tasks 'mmbench*' --model openai:my-model@http://host:8000/v1 --limit 100", "an endpoint"),
  handler: async (argv) => {
    process.exitCode = await run(await readSettings(argv), fleetOf(argv));
  },
};

/** @throws UserError  an option that is a fleet's stands without one, or is no number */
function fleetOf(argv: Readonly<Record<string, unknown>>): FleetSettings | undefined {
  const own = ["admit", "listen", "fleet-concurrency", "fleet-rate"].find((name) => argv[name] !== undefined);
  if (argv.fleet !== true) {
    if (own === undefined) return undefined;
    throw new UserError(`--${own} is for runs that workers answer`, `--${own}`, "give --fleet too, or leave it out");
  }
  const { listen } = argv;
  return {
    ...{ insecure: argv["insecure-fleet"] === true, admit: argv.admit === true },
    limits: defined({ blocks: limitOf(argv, "fleet-concurrency", true), rate: limitOf(argv, "fleet-rate", false) }),
    ...(listen === undefined ? {} : { listen: String(listen) }),
  };
}

function limitOf(argv: Readonly<Record<string, unknown>>, name: string, integer: boolean): number | undefined {
  if (argv[name] === undefined) return undefined;
  return numberIn(Number(argv[name]), `--${name}`, { min: integer ? 1 : 0.001, max: 1e6, integer }, String(argv[name]));
}

/** Runs and prints. @returns the exit code */
export async function run(settings: RunSettings, fleet?: FleetSettings): Promise<number> {
  const progress = new Progress();
  const interrupt = new Interrupt((message) => progress.say(message));
  const control = { listener: progress, drain: interrupt.drain, abort: interrupt.abort };
  try {
    if (settings["dry-run"]) return await (await import("./dry-run.js")).dryRun(settings, control);
    await using page = settings.view ? new (await import("../api/report/live-page.js")).LivePage() : undefined;
    const onFolder = async (path: string) => {
      if (page) progress.say(`watch it at ${await page.open(path)}`);
    };
    const {
      folder,
      results,
      beside,
      interrupted,
      incomplete,
      finishedBefore,
      changed = [],
      repeated = 0,
    } = await runTasks(settings, {
      ...control,
      ...(fleet ? { fleet } : {}),
      onFolder,
    });
    progress.stop();
    const finished = results.flatMap(({ result }) => (result ? [result] : []));
    if (settings.json) process.stdout.write(`${JSON.stringify(finished, null, 2)}\n`);
    else for (const result of finished) process.stdout.write(`${resultLines(result, process.stdout.columns)}\n`);
    process.stderr.write(`${costLines(progress.cost(), process.stderr.columns)}\n${folder}\n`);
    if (finishedBefore !== undefined) process.stderr.write(`${nothingAsked(finishedBefore)}\n`);
    if (changed.length > 0) process.stderr.write(`${changedLine(changed, repeated)}\n`);
    else if (repeated > 0) process.stderr.write(`${count(repeated)} questions were answered twice, and alike\n`);
    for (const { end, label, detail } of [...results, ...beside]) {
      if (end === "endpoint-down")
        process.stderr.write(
          `${label}: the endpoint stopped answering (${terminalSafe(detail ?? "", 400)}); the same command goes on from here\n`,
        );
    }
    if (interrupted) process.stderr.write("interrupted: the same command goes on from here\n");
    for (const { label, end, result, folder: own } of beside) {
      if (end === "complete" && result && result.n.scored < result.n.total)
        process.stderr.write(`${unscoredBeside(label, own, result)}\n`);
    }
    if (!interrupted && finished.length > 0) process.stderr.write(`${nextLine(folder, finished)}\n`);
    return interrupted ? ExitCode.interrupted : incomplete ? ExitCode.incomplete : ExitCode.done;
  } catch (error) {
    if (interrupt.isReason(error)) return ExitCode.interrupted;
    throw error;
  } finally {
    interrupt.stop();
    progress.stop();
  }
}
