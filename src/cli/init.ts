import { relative } from "node:path";
import type { CommandModule } from "yargs";
import { acceptBaseline } from "../api/board/baseline.js";
import {
  type Begun,
  beginNightly,
  beginSettings,
  type Chosen,
  hasBaseline,
  nightlyBaseline,
  nightlyConfig,
  nightlyRun,
} from "../api/init.js";
import { parseSettings, readSettings } from "../api/settings.js";
import { writeTask } from "../api/tasks/new-task.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { ExitCode } from "./exit-code.js";
import { run } from "./run.js";

const kinds = ["nightly", "task", "yaml"] as const;

interface Arguments {
  readonly what: (typeof kinds)[number];
  readonly name: string | undefined;
  readonly model: string | undefined;
  readonly tasks: string | undefined;
  readonly data: string | undefined;
  readonly limit: string | undefined;
  readonly baseline: boolean;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("what", {
        choices: kinds,
        default: "yaml" as const,
        describe:
          "nightly: a gate with its workflow and first baseline; task: a benchmark of your own; yaml: settings for run",
      })
      .positional("name", { type: "string", describe: "of the task; nightly, yaml: what results call the model" })
      .option("model", { type: "string", requiresArg: true, describe: "as for run (default: the demo model)" })
      .option("tasks", { type: "string", requiresArg: true, describe: "as for run" })
      .option("data", { type: "string", requiresArg: true, describe: "as for run" })
      .option("limit", { type: "string", requiresArg: true, describe: "as for run" })
      .option("baseline", {
        type: "boolean",
        default: true,
        describe: "nightly: run it now, and accept the run as the first baseline",
      })
      .example("$0 init nightly --model openai:my-model@http://host:8000/v1 --tasks vqav2,pope --limit 1000", "a gate")
      .example("$0 init task plates", "the same as: tasks new plates")
      .epilog("Files that are there already stay as they are."),
  handler: async (argv) => {
    process.exitCode = await init(argv);
  },
};

async function init(argv: Arguments): Promise<number> {
  const folder = process.cwd();
  if (argv.what === "task") {
    if (argv.name === undefined)
      throw new UserError("the task has no name", "init task", "write one behind it: init task plates");
    const { paths, next } = await writeTask(argv.name, folder);
    tell({ written: paths.map((path) => relative(folder, path)), kept: [], next });
    return ExitCode.done;
  }
  const chosen: Chosen = parseSettings(
    defined({ model: argv.model, name: argv.name, tasks: argv.tasks, data: argv.data, limit: argv.limit }),
    (name) => `--${name}`,
  );
  if (argv.what === "yaml") {
    tell(await beginSettings(folder, chosen));
    return ExitCode.done;
  }
  const { next, ...files } = await beginNightly(folder, chosen);
  tell(files);
  const code = argv.baseline && !hasBaseline(folder) ? await firstBaseline() : ExitCode.done;
  if (code === ExitCode.done) tell({ next });
  return code;
}

/** Asks once, by the file that the nights will use. A part of a split, or the demo, was chosen with it: only failures are refused. */
async function firstBaseline(): Promise<number> {
  process.stderr.write(`first baseline: run --config ${nightlyConfig} (--no-baseline leaves it for later)\n`);
  const code = await run(await readSettings({ config: nightlyConfig }));
  if (code !== ExitCode.done) return code;
  await acceptBaseline(nightlyRun, "results", { allow: ["demo", "partial"] });
  process.stdout.write(`${nightlyBaseline}\n`);
  return code;
}

function tell({ written = [], kept = [], next = [] }: Partial<Begun>): void {
  for (const path of written) process.stdout.write(`${path}\n`);
  for (const path of kept) process.stderr.write(`kept as it is: ${path}\n`);
  if (next.length > 0) process.stderr.write(`next: ${next.join("\n      ")}\n`);
}
