import { join } from "node:path";
import type { CommandModule } from "yargs";
import { type Board, boardForms as forms, leaderboard, requireColumns } from "../api/board/leaderboard.js";
import { writeBoardSite } from "../api/report/site.js";
import { writeText } from "../api/text-file.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { type LookArguments, lookOf, lookOptions, screenOf } from "./look.js";
import { listFlag, numberFlag } from "./number-flag.js";
import { type PublisherArguments, publisherOf, publisherOptions } from "./publisher.js";

interface Arguments extends LookArguments, PublisherArguments {
  readonly runs: string[];
  readonly format: keyof typeof forms | "eee" | undefined;
  readonly out: string | undefined;
  readonly site: string | undefined;
  readonly images: string | undefined;
  readonly paired: boolean;
  readonly sort: string | undefined;
  readonly suite: string[] | undefined;
  readonly tasks: string[] | undefined;
  readonly models: string[] | undefined;
  readonly include: string[] | undefined;
  readonly import: string[] | undefined;
  readonly published: boolean;
  readonly groups: boolean;
  readonly results: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("runs", {
        type: "string",
        array: true,
        default: [],
        describe: "run folders; none: all below --results",
      })
      .option("format", {
        choices: [...(Object.keys(forms) as (keyof typeof forms)[]), "eee"] as const,
        describe:
          "default: table; latex: for a paper; text: for a chat, at most 12 lines; eval-results: for a model's repository; eee: Every Eval Ever, samples too",
      })
      .options(lookOptions)
      .options(publisherOptions)
      .option("out", { type: "string", requiresArg: true, describe: "a file; with --format eee a folder" })
      .option("site", {
        type: "string",
        requiresArg: true,
        conflicts: ["format", "out"],
        describe:
          "a folder for any web host: the board to sort, search and filter, a page for each model and task, the samples, all forms",
      })
      .option("images", {
        type: "string",
        requiresArg: true,
        describe: "with --site: samples of a task whose images are published (default 0: their licence decides)",
      })
      .option("paired", {
        type: "boolean",
        default: false,
        describe: "ranks from paired tests on the samples, where there are journals; a site always has them",
      })
      .option("sort", { type: "string", requiresArg: true, describe: "a task, a suite, or model" })
      .option("suite", {
        type: "string",
        array: true,
        describe: "average these suites, only for models that have all their tasks",
      })
      .option("tasks", { type: "string", array: true, describe: "only these tasks" })
      .option("models", { type: "string", array: true, describe: "only these models; * and ? match" })
      .option("include", {
        type: "string",
        array: true,
        describe: "show flagged entries too [demo, partial, incomplete]",
      })
      .option("import", {
        type: "string",
        array: true,
        describe: "results of others: lmms-eval:PATH, lm-eval:PATH, vlmevalkit:PATH; a file or a folder",
      })
      .option("groups", {
        type: "boolean",
        default: false,
        describe: "sub-scores too: subjects, domains, answer types",
      })
      .option("published", { type: "boolean", default: false, describe: "published numbers beside ours" })
      .option("results", { type: "string", requiresArg: true, describe: "where the runs are (default: results)" })
      .example("$0 leaderboard --suite lite --format html --out board.html", "a page")
      .example("$0 leaderboard --suite ./mine.yaml --site public", "a site, with the average of a suite of one's own")
      .example("$0 leaderboard --published --format latex --out board.tex", "for a paper")
      .example("$0 leaderboard --models llava-next-72b --format model-index", "for a model card"),
  handler: print,
};

async function print(argv: Arguments): Promise<void> {
  const lists = {
    suite: argv.suite,
    tasks: argv.tasks,
    models: argv.models,
    include: argv.include,
    import: argv.import,
  };
  const given = Object.fromEntries(
    Object.entries(lists).flatMap(([name, value]) => (value === undefined ? [] : [[name, listFlag(value) ?? []]])),
  );
  const { runs, results, published, groups, sort, format = "table", out, site } = argv;
  if (argv.images !== undefined && site === undefined)
    throw new UserError("images are shown on a site only", "--images", "add --site DIR");
  const board = await leaderboard({
    ...{ runs, published, groups, paired: argv.paired || site !== undefined, ...given },
    ...defined({ results, sort }),
    onWarning: (message) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`),
    onNote: (message) => void process.stderr.write(`note: ${terminalSafe(message)}\n`),
  });
  // Whoever reads another form, or a file, must not take an empty one for the truth. Only a table on the same screen says it alone.
  const onScreen = process.stdout.isTTY && process.stderr.isTTY;
  if (format !== "table" || out !== undefined || site !== undefined || !onScreen)
    for (const note of board.notes.filter((text) => text.includes("left out")))
      process.stderr.write(`note: ${terminalSafe(note)}\n`);
  await write(board, argv);
}

async function write(board: Board, argv: Arguments): Promise<void> {
  const { format = "table", out, site, runs, results, images } = argv;
  const look = lookOf(argv);
  requireColumns(look.columns ?? [], board);
  if (site !== undefined) {
    await writeBoardSite(board, site, {
      ...{ runs, ...defined({ results }) },
      images: numberFlag(images, "images", { integer: true, min: 0, max: Number.POSITIVE_INFINITY, fallback: 0 }),
      warn: (message) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`),
    });
    process.stderr.write(`${join(site, "index.html")}\n`);
    return;
  }
  const publisher = publisherOf(argv);
  if (format === "eee") {
    if (out === undefined)
      throw new UserError(
        "Every Eval Ever has a file for each task and its samples",
        "--format eee",
        "name a folder with --out",
      );
    const { writeEveryEvalEver } = await import("../api/board/every-eval-ever.js");
    const paths = await writeEveryEvalEver(board, out, { runs, publisher, ...defined({ results }) });
    process.stdout.write(paths.map((path) => `${path}\n`).join(""));
    if (paths.some((path) => path.includes("/unknown/")))
      process.stderr.write("note: who made the model is not known; --model-id org/name says how the hub calls it\n");
    return;
  }
  const text = forms[format](board, { ...look, publisher, ...(out === undefined ? screenOf(process.stdout) : {}) });
  if (out === undefined) process.stdout.write(text);
  else await writeText(out, text);
}
