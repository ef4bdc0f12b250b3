import type { CommandModule } from "yargs";
import { resolveSide, type SideTask } from "../board/compare/side.js";
import { powerText, repeatsText } from "../board/power/as-text.js";
import { measureDiscordance, powerLines } from "../board/power/power.js";
import { repeatsOf } from "../board/repeats.js";
import { UserError } from "../core/errors.js";
import { chooseTasks } from "./catalogue.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly task: string;
  readonly delta: string | undefined;
  readonly samples: string | undefined;
  readonly alpha: string | undefined;
  readonly power: string | undefined;
  readonly run: string | undefined;
  readonly against: string | undefined;
  readonly results: string;
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
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where models' runs are" })
      .example("$0 power --task mmmu --delta 2", "how many questions show two points")
      .example("$0 power --task mmmu --run A --against B", "measured, with the images that questions share"),
  handler: run,
};

async function run(argv: Arguments): Promise<void> {
  const { task, against } = argv;
  const delta = numberFlag(argv.delta, "delta", { min: 0.001, max: 100, fallback: 1 }) / 100;
  const alpha = numberFlag(argv.alpha, "alpha", { min: 0.0001, max: 0.5, fallback: 0.05 });
  const power = numberFlag(argv.power, "power", { min: 0.5, max: 0.9999, fallback: 0.8 });
  const asked = numberFlag(argv.samples, "samples", { min: 1, max: 1e9, integer: true, fallback: undefined });
  const side = argv.run === undefined ? undefined : await sideTask(argv.run, task, "--run", argv.results);
  if (against !== undefined && !side)
    throw new UserError("--against needs a first run", "--against", "name it with --run");
  const other = against === undefined ? undefined : await sideTask(against, task, "--against", argv.results);
  const measured = side && other ? await measureDiscordance(side, other) : undefined;
  const n = asked ?? side?.result.n.total ?? (await rowsOf(task));
  const question = { n, delta, alpha, power };
  process.stdout.write(powerText(task, question, powerLines(question, measured)));
  const repeats = side && (await repeatsOf(side.run, side.result));
  if (repeats) process.stdout.write(`\n${repeatsText(repeats)}`);
}

async function sideTask(name: string, task: string, flag: string, resultsDir: string): Promise<SideTask> {
  const side = await resolveSide(name, resultsDir);
  const found = side.tasks.get(task);
  if (found) return found;
  throw new UserError(`${name} has no task "${task}"`, flag, `its tasks: ${[...side.tasks.keys()].sort().join(", ")}`);
}

async function rowsOf(task: string): Promise<number> {
  const { chosen } = await chooseTasks([task]);
  const rows = chosen[0]?.split.rows;
  if (rows !== undefined) return rows;
  throw new UserError(`the number of rows of "${task}" is not published`, "--samples", "state it: --samples 1000");
}
