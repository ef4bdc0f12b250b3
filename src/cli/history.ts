import type { CommandModule } from "yargs";
import { historyForms as forms, history, historyColumns, historyNumbers } from "../api/board/history.js";
import { writeText } from "../api/text-file.js";
import { type LookArguments, lookOf, lookOptions, requireKnownColumns, screenOf } from "./look.js";
import { listFlag, numberFlag } from "./number-flag.js";

interface Arguments extends Pick<LookArguments, "digits" | "columns" | "transpose"> {
  readonly tasks: string[] | undefined;
  readonly models: string[] | undefined;
  readonly format: string;
  readonly out: string | undefined;
  readonly alpha: string | undefined;
  readonly seed: string | undefined;
  readonly results: string;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .option("tasks", { type: "string", array: true, describe: "only these, separated by commas" })
      .option("models", { type: "string", array: true, describe: "only these, separated by commas" })
      .option("format", {
        choices: Object.keys(forms),
        default: "table",
        describe: "what is printed; text: for a chat",
      })
      .options({ digits: lookOptions.digits, transpose: lookOptions.transpose })
      .option("columns", {
        ...lookOptions.columns,
        describe: `only these columns, in this order [${historyColumns.join(", ")}]`,
      })
      .option("out", { type: "string", requiresArg: true, describe: "write it to a file instead" })
      .option("alpha", { type: "string", requiresArg: true, describe: "a change of level counts below (default 0.01)" })
      .option("seed", { type: "string", requiresArg: true, describe: "seeds the permutations (default 0)" })
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where the runs are" })
      .example("$0 history --tasks vqav2", "every finished run below results/, and since when it is better or worse")
      .epilog("Read from history.jsonl, to which every finished run below results/ adds a line for each task."),
  handler: show,
};

async function show(argv: Arguments): Promise<void> {
  const [tasks, models] = [listFlag(argv.tasks), listFlag(argv.models)];
  const { digits, columns, transpose } = argv;
  const look = lookOf({ digits, columns, transpose, stderr: undefined, rank: undefined });
  requireKnownColumns(look.columns, historyColumns);
  const series = await history({
    results: argv.results,
    ...(tasks ? { tasks } : {}),
    ...(models ? { models } : {}),
    alpha: numberFlag(argv.alpha, "alpha", historyNumbers.alpha),
    seed: numberFlag(argv.seed, "seed", historyNumbers.seed),
  });
  if (series.length === 0) process.stderr.write(`no finished run in ${argv.results}/history.jsonl yet\n`);
  const screen = argv.out === undefined ? screenOf(process.stdout) : {};
  const text = forms[argv.format as keyof typeof forms](series, { ...look, ...screen });
  if (argv.out !== undefined) await writeText(argv.out, text);
  else if (series.length > 0 || argv.format !== "table") process.stdout.write(text);
}
