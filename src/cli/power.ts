import type { CommandModule } from "yargs";
import { powerOf, powerText, repeatsText } from "../api/board/power.js";
import { defined } from "../core/defined.js";
import { screenOf } from "./look.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly task: string;
  readonly delta: string | undefined;
  readonly samples: string | undefined;
  readonly alpha: string | undefined;
  readonly power: string | undefined;
  readonly run: string | undefined;
  readonly against: string | undefined;
  readonly results: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .option("task", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "a task of the catalogue or of --run",
      })
      .option("delta", {
        type: "string",
        requiresArg: true,
        describe: "difference in points of a percentage (default 1)",
      })
      .option("samples", { type: "string", requiresArg: true, describe: "instead of all of the task's rows" })
      .option("alpha", { type: "string", requiresArg: true, describe: "two-sided level (default 0.05)" })
      .option("power", { type: "string", requiresArg: true, describe: "chance to see a true difference (default 0.8)" })
      .option("run", { type: "string", requiresArg: true, describe: "a run: its samples, its repeats" })
      .option("against", {
        type: "string",
        requiresArg: true,
        describe: "a second run: how many outcomes really differ",
      })
      .option("results", { type: "string", requiresArg: true, describe: "where models' runs are (default: results)" })
      .example("$0 power --task mmmu --delta 2", "how many questions show two points")
      .example("$0 power --task mmmu --run A --against B", "measured, with the images that questions share"),
  handler: run,
};

async function run({ task, run, against, results, ...argv }: Arguments): Promise<void> {
  const { question, lines, repeats } = await powerOf(task, {
    delta: numberFlag(argv.delta, "delta", { min: 0.001, max: 100, fallback: 1 }) / 100,
    alpha: numberFlag(argv.alpha, "alpha", { min: 0.0001, max: 0.5, fallback: 0.05 }),
    power: numberFlag(argv.power, "power", { min: 0.5, max: 0.9999, fallback: 0.8 }),
    samples: numberFlag(argv.samples, "samples", { min: 1, max: 1e9, integer: true, fallback: undefined }),
    run,
    against,
    ...defined({ results }),
  });
  process.stdout.write(powerText(task, question, lines, screenOf(process.stdout)));
  if (repeats) process.stdout.write(`\n${repeatsText(repeats)}`);
}
