import type { CommandModule } from "yargs";
import { workFor } from "../api/run/worker.js";
import { readSettings, settings } from "../api/settings.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { ExitCode } from "./exit-code.js";
import { insecureFleet } from "./fleet-options.js";
import { Interrupt } from "./interrupt.js";
import { count } from "./number-format.js";
import { yargsOptions } from "./options.js";
import { Progress } from "./progress.js";

/** A run's settings that are each worker's own; what is asked, the run says. */
const own = Object.entries(settings)
  .filter(
    ([name, { group }]) =>
      (group === "Model" && name !== "judge") || ["data", "concurrency", "cache", "clip-disk"].includes(name),
  )
  .map(([name]) => name);

export const command: CommandModule = {
  builder: (yargs) =>
    yargs
      .options(Object.fromEntries(own.map((name) => [name, yargsOptions[name] ?? {}])))
      .option("task-file", {
        type: "string",
        array: true,
        requiresArg: true,
        describe: "a task file of this machine, for runs of own tasks; it must be the run's, byte for byte",
        group: "What:",
      })
      .option("once", {
        type: "boolean",
        describe: "end when there has been nothing to do for a minute",
        group: "How:",
      })
      .option("lease", {
        type: "string",
        requiresArg: true,
        describe: "seconds without a sign of life after which another worker has its questions (default 30)",
        group: "How:",
      })
      .option("image-disk", {
        type: "string",
        requiresArg: true,
        describe: "with --data coordinator: GB of its images that may lie on this machine's disk (default 20)",
        group: "How:",
      })
      .option("insecure-fleet", insecureFleet)
      .example("$0 worker --model local:DIR --name llava-next-72b", "for `run --fleet --name llava-next-72b`"),
  handler: async (argv) => {
    process.exitCode = await run(argv);
  },
};

async function run(argv: Readonly<Record<string, unknown>>): Promise<number> {
  const progress = new Progress();
  const interrupt = new Interrupt((message) => progress.say(message));
  const { drain, abort } = interrupt;
  const all = await readSettings(argv);
  try {
    const done = await workFor(
      Object.fromEntries(own.flatMap((name) => (name in all ? [[name, all[name as "model"]]] : []))),
      {
        fleet: { insecure: argv["insecure-fleet"] === true, leaseSeconds: leaseOf(argv.lease) },
        taskFiles: (argv["task-file"] ?? []) as string[],
        ...defined({ imageBytes: imageBytesOf(argv["image-disk"]) }),
        once: argv.once === true,
        ...{ listener: progress, drain, abort },
      },
    );
    process.stderr.write(`${count(done)} samples answered\n`);
    return drain.aborted ? ExitCode.interrupted : ExitCode.done;
  } catch (error) {
    if (interrupt.isReason(error)) return ExitCode.interrupted;
    throw error;
  } finally {
    interrupt.stop();
    progress.stop();
  }
}

function imageBytesOf(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const gigabytes = Number(text);
  if (gigabytes >= 0.001) return gigabytes * 1e9;
  throw new UserError(`"${text}" is no room for images`, "--image-disk", "write GB, at least 0.001");
}

function leaseOf(text: unknown): number {
  const seconds = Number(text ?? 30);
  if (seconds >= 2 && seconds <= 3600) return seconds;
  throw new UserError(`"${text}" is no time that a lease can have`, "--lease", "write seconds, from 2 to 3600");
}
