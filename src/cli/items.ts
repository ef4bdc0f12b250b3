import type { CommandModule } from "yargs";
import { itemForms, itemsOf, itemsPage } from "../api/board/items.js";
import { writeText } from "../api/text-file.js";
import { defined } from "../core/defined.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { screenOf } from "./look.js";
import { listFlag, numberFlag } from "./number-flag.js";

const forms = ["table", "md", "html", "jsonl", "list"] as const;

interface Arguments {
  readonly task: string;
  readonly runs: string[] | undefined;
  readonly results: string;
  readonly tasks: string[] | undefined;
  readonly limit: string | undefined;
  readonly images: boolean | undefined;
  readonly format: (typeof forms)[number];
  readonly out: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("task", { type: "string", demandOption: true, describe: "a task of the runs: vqav2, vqav2@test" })
      .option("runs", {
        type: "string",
        array: true,
        requiresArg: true,
        describe: "folders of runs (default: every run below --results that has the task)",
      })
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where runs are" })
      .option("limit", { type: "string", requiresArg: true, describe: "items in each table, at most (default 15)" })
      .option("images", {
        type: "boolean",
        describe: "html: read the rows again for their images (default: unless the rows are the hub's)",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe: "task files of yours, for a run from elsewhere: those that it names are not loaded",
      })
      .option("format", {
        choices: forms,
        default: "table" as const,
        describe: "jsonl: every item; list: what a suite may exclude, to be looked through",
      })
      .option("out", { type: "string", requiresArg: true, describe: "write it to a file instead" })
      .example("$0 items pope", "what tells models apart, and which references may be wrong")
      .example("$0 items pope --format html --out items.html", "the same with prompts and images, to look through"),
  handler: show,
};

async function show(argv: Arguments): Promise<void> {
  const { task, results, format, out, images } = argv;
  const onWarning = (message: string) => void process.stderr.write(`warning: ${terminalSafe(message, 400)}\n`);
  const limit = numberFlag(argv.limit, "limit", { min: 1, max: 1e6, integer: true, fallback: 15 });
  const found = await itemsOf(task, { ...defined({ runs: listFlag(argv.runs) }), results, onWarning });
  const screen = out === undefined ? screenOf(process.stdout) : {};
  const text =
    format === "html"
      ? await itemsPage(found, { limit, ...defined({ images, files: listFlag(argv.tasks) }), onWarning })
      : itemForms[format](found.report, { limit, screen });
  if (out === undefined) process.stdout.write(text);
  else {
    await writeText(out, text);
    process.stdout.write(`${out}\n`);
  }
}
