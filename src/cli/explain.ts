import type { CommandModule } from "yargs";
import { resolveSide, type SideTask } from "../board/compare/side.js";
import { explanationTable } from "../board/explain/as-table.js";
import { explain } from "../board/explain/explain.js";
import { UserError } from "../core/errors.js";
import { listFlag } from "./number-flag.js";

interface Arguments {
  readonly a: string;
  readonly b: string;
  readonly tasks: string[] | undefined;
  readonly format: string;
  readonly results: string;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("a", { type: "string", demandOption: true, describe: "a run, or a model's name" })
      .positional("b", { type: "string", demandOption: true, describe: "the other" })
      .option("tasks", { type: "string", array: true, describe: "only these, separated by commas" })
      .option("format", { choices: ["table", "json"], default: "table", describe: "what is printed" })
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where models' runs are" }),
  handler: run,
};

async function run(argv: Arguments): Promise<void> {
  const [a, b] = [await resolveSide(argv.a, argv.results), await resolveSide(argv.b, argv.results)];
  const wanted = listFlag(argv.tasks);
  const tasks = [...a.tasks.keys()].filter((task) => b.tasks.has(task) && (wanted?.includes(task) ?? true)).sort();
  if (tasks.length === 0) {
    throw new UserError(
      `${argv.a} and ${argv.b} have no task in common`,
      "explain",
      "name two runs that share a task (and check --tasks)",
    );
  }
  const explanations = [];
  for (const task of tasks)
    explanations.push(await explain(task, a.tasks.get(task) as SideTask, b.tasks.get(task) as SideTask));
  process.stdout.write(
    argv.format === "json"
      ? `${JSON.stringify(explanations, null, 2)}\n`
      : explanations.map(explanationTable).join("\n"),
  );
}
