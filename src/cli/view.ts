import type { CommandModule } from "yargs";
import { personName } from "../api/record/person.js";
import { mostRuns, newestRun, openPage, writePage } from "../api/report/view.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { listFlag, numberFlag } from "./number-flag.js";

interface Arguments {
  readonly runs: string[] | undefined;
  readonly out: string | undefined;
  readonly port: string | undefined;
  readonly tasks: string[] | undefined;
  readonly images: string | undefined;
  readonly notes: boolean;
  readonly by: string | undefined;
}

/** Samples of a task whose images go into a report unless more are asked for. */
const defaultImages = 20_000;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("runs", {
        type: "string",
        array: true,
        describe:
          "one run, a baseline and up to five others, or the folder of a watch (default: the newest run below results/)",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "write the page to a folder instead of serving it; it opens from disk",
      })
      .option("port", { type: "string", requiresArg: true, describe: "port on 127.0.0.1 (default: any free one)" })
      .option("notes", {
        type: "boolean",
        default: false,
        describe:
          "take flags and comments on samples into notes.jsonl of the run's folder (this machine alone, an address nobody can guess)",
      })
      .option("by", {
        type: "string",
        requiresArg: true,
        describe: "with --notes: who notes (default: your user name)",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe: "task files of yours, for a run from elsewhere: those that it names are not loaded",
      })
      .option("images", {
        type: "string",
        requiresArg: true,
        describe: `samples of a task whose images are shown (default ${defaultImages}; 0 = none)`,
      })
      .example("$0 view results/my-run", "serves the page until Ctrl-C")
      .example("$0 view results/my-run --notes", "flag and comment on samples while you look at them")
      .example("$0 view results/baselines/nightly results/nightly --out report", "a folder to keep or to upload"),
  handler: view,
};

async function view({ runs = [], out, port, tasks, images, notes, by }: Arguments): Promise<void> {
  const folders = runs.length > 0 ? runs : [await newestRun()];
  if (folders.length > mostRuns)
    throw new UserError(
      `at most ${mostRuns} runs are shown side by side, and here are ${folders.length}`,
      "llava-eval view",
      "name fewer; `llava-eval leaderboard` shows all of them",
    );
  const limit = { integer: true, min: 0, max: Number.POSITIVE_INFINITY, fallback: defaultImages };
  if (notes && out !== undefined)
    throw new UserError(
      "a page in a folder has nobody to write down notes",
      "--notes",
      "leave out --out: it is served then",
    );
  if (by !== undefined && !notes)
    throw new UserError("it says who notes, and no notes are taken", "--by", "add --notes");
  const options = {
    ...(notes ? { notesBy: personName(by) } : {}),
    ...defined({ tasks: listFlag(tasks) }),
    images: numberFlag(images, "images", limit),
    warn: (message: string) => void process.stderr.write(`warning: ${message}\n`),
  };
  if (out !== undefined) {
    process.stdout.write(`${await writePage(folders, out, options)}\n`);
    return;
  }
  const free = numberFlag(port, "port", { integer: true, min: 0, max: 65_535, fallback: 0 });
  await using server = await openPage(folders, free, options);
  process.stdout.write(`${server.url}\n`);
  process.stderr.write("Ctrl-C to stop\n");
  await new Promise<void>((stop) => {
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}
