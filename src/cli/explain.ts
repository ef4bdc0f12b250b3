import type { CommandModule } from "yargs";
import { explain, explanationTable } from "../api/explain.js";
import { defined } from "../core/defined.js";
import { screenOf } from "./look.js";
import { listFlag } from "./number-flag.js";

interface Arguments {
  readonly a: string;
  readonly b: string;
  readonly tasks: string[] | undefined;
  readonly format: string;
  readonly results: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("a", { type: "string", demandOption: true, describe: "a run, or a model's name" })
      .positional("b", { type: "string", demandOption: true, describe: "the other" })
      .option("tasks", { type: "string", array: true, describe: "only these, separated by commas" })
      .option("format", { choices: ["table", "json"], default: "table", describe: "what is printed" })
      .option("results", { type: "string", requiresArg: true, describe: "where models' runs are (default: results)" }),
  handler: run,
};

async function run(argv: Arguments): Promise<void> {
  const tasks = listFlag(argv.tasks);
  const explanations = await explain(argv.a, argv.b, {
    ...defined({ results: argv.results }),
    ...(tasks ? { tasks } : {}),
  });
  process.stdout.write(
    argv.format === "json"
      ? `${JSON.stringify(explanations, null, 2)}\n`
      : explanations.map((one) => explanationTable(one, screenOf(process.stdout))).join("\n"),
  );
}
