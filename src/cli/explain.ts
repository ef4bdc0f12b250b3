import type { CommandModule } from "yargs";
import { explain, explanationTable } from "../api/board/explain.js";
import { acrossTable, explainForeign, foreignSide } from "../api/board/explain-across.js";
import { defined } from "../core/defined.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { screenOf } from "./look.js";
import { listFlag } from "./number-flag.js";

interface Arguments {
  readonly a: string;
  readonly b: string;
  readonly tasks: string[] | undefined;
  readonly format: string;
  readonly results: string | undefined;
  readonly data: string | undefined;
  readonly invariance: string[] | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("a", { type: "string", demandOption: true, describe: "a run, or a model's name" })
      .positional("b", {
        type: "string",
        demandOption: true,
        describe: "the other; or what another harness wrote: lmms-eval:samples.jsonl, vlmevalkit:FILE.xlsx",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe:
          "only these, separated by commas; with another harness's file a task's own file too, for a run from elsewhere",
      })
      .option("format", { choices: ["table", "json"], default: "table", describe: "what is printed" })
      .option("data", {
        type: "string",
        requiresArg: true,
        describe: "with another harness's file: where the rows are, if not where the run had them",
      })
      .option("invariance", {
        type: "string",
        array: true,
        requiresArg: true,
        describe: "what check-invariance --out wrote of the models: how often the same request gives another answer",
      })
      .option("results", { type: "string", requiresArg: true, describe: "where models' runs are (default: results)" }),
  handler: run,
};

async function run(argv: Arguments): Promise<void> {
  const tasks = listFlag(argv.tasks);
  const foreign = foreignSide(argv.b);
  if (foreign) return await across(argv, foreign, tasks);
  const explanations = await explain(argv.a, argv.b, {
    ...defined({ results: argv.results, invariance: argv.invariance }),
    ...(tasks ? { tasks } : {}),
  });
  process.stdout.write(
    argv.format === "json"
      ? `${JSON.stringify(explanations, null, 2)}\n`
      : explanations.map((one) => explanationTable(one, screenOf(process.stdout))).join("\n"),
  );
}

async function across(
  { a, format, results, data, invariance }: Arguments,
  foreign: NonNullable<ReturnType<typeof foreignSide>>,
  tasks: readonly string[] | undefined,
): Promise<void> {
  const explained = await explainForeign(a, foreign, {
    ...defined({ results, tasks, data, invariance }),
    onWarning: (message) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`),
  });
  process.stdout.write(
    format === "json" ? `${JSON.stringify(explained, null, 2)}\n` : acrossTable(explained, screenOf(process.stdout)),
  );
}
