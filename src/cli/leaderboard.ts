import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { boardLongCsv, boardWideCsv } from "../board/leaderboard/as-csv.js";
import { boardHtml } from "../board/leaderboard/as-html.js";
import { boardJson } from "../board/leaderboard/as-json.js";
import { boardMarkdown } from "../board/leaderboard/as-markdown.js";
import { boardModelIndex } from "../board/leaderboard/as-model-index.js";
import { boardTable } from "../board/leaderboard/as-table.js";
import { type Board, makeBoard, type Suite, sortKeys } from "../board/leaderboard/board.js";
import { collectEntries, entriesOf } from "../board/leaderboard/collect.js";
import { readImports } from "../board/leaderboard/import/read-imports.js";
import { readPublished } from "../board/leaderboard/published.js";
import { writeSite } from "../board/leaderboard/site.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { packageRoot } from "../core/package-root.js";
import type { LeaderboardEntry } from "../core/result.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { openRun } from "../record/read.js";
import { chooseTasks, loadTasks } from "./catalogue.js";
import { listFlag } from "./number-flag.js";
import { packageVersion } from "./versions.js";

interface Arguments {
  readonly runs: string[];
  readonly format: string;
  readonly out: string | undefined;
  readonly sort: string | undefined;
  readonly suite: string[] | undefined;
  readonly tasks: string[] | undefined;
  readonly models: string[] | undefined;
  readonly include: string[] | undefined;
  readonly import: string[] | undefined;
  readonly published: boolean;
  readonly groups: boolean;
  readonly results: string;
}

const forms: Readonly<Record<string, (board: Board) => string>> = {
  table: boardTable,
  json: boardJson,
  csv: boardWideCsv,
  "csv-long": boardLongCsv,
  md: boardMarkdown,
  html: boardHtml,
  "model-index": (board) => boardModelIndex(board, packageVersion()),
};

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
        choices: [...Object.keys(forms), "site"],
        default: "table",
        describe: "site: a folder with all forms",
      })
      .option("out", { type: "string", requiresArg: true, describe: "a file; for site a folder" })
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
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where the runs are" })
      .example("$0 leaderboard --suite lite --format html --out board.html", "a page")
      .example("$0 leaderboard --models llava-next-72b --format model-index", "for a model card"),
  handler: leaderboard,
};

async function leaderboard(argv: Arguments): Promise<void> {
  const include = listFlag(argv.include) ?? [];
  for (const flag of include) {
    if (!["demo", "partial", "incomplete"].includes(flag)) {
      throw new UserError(`"${flag}" is no flag`, "--include", "write some of demo, partial, incomplete");
    }
  }
  // A task brings its sub-scores along.
  const named = listFlag(argv.tasks);
  const models = listFlag(argv.models);
  const suites = await Promise.all((listFlag(argv.suite) ?? []).map(suiteOf));
  const entries = [
    ...(await ownEntries(argv)),
    ...(await imported(listFlag(argv.import) ?? [])),
    ...(argv.published ? await readPublished(join(packageRoot, "configs", "published")) : []),
  ];
  const tasks = named && entries.map(({ task }) => task).filter((task) => named.includes(task.split(" ")[0] ?? task));
  const board = makeBoard(entries, {
    ...{ include, suites },
    ...(tasks ? { tasks } : {}),
    ...(models ? { models } : {}),
    ...(argv.sort === undefined ? {} : { sort: argv.sort }),
  });
  requireSortKey(argv.sort, board);
  await write(board, argv);
}

async function write(board: Board, { format, out }: Arguments): Promise<void> {
  if (format === "site") {
    if (out === undefined) throw new UserError("a site is a folder", "--out", "name one: --format site --out public");
    await writeSite(board, out, packageVersion());
    process.stderr.write(`${join(out, "index.html")}\n`);
    return;
  }
  const text = (forms[format] as (board: Board) => string)(board);
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text);
}

async function ownEntries({ runs, results, groups }: Arguments): Promise<LeaderboardEntry[]> {
  if (runs.length > 0) {
    const opened = await Promise.all(runs.map(openRun));
    return opened.flatMap((run) => entriesOf(run, resolve("."), groups));
  }
  const { entries, unreadable } = await collectEntries(results, groups);
  for (const reason of unreadable) process.stderr.write(`warning: left out: ${terminalSafe(reason)}\n`);
  return [...entries];
}

async function imported(sources: readonly string[]): Promise<readonly LeaderboardEntry[]> {
  if (sources.length === 0) return [];
  const ours = await foreignNames();
  const { entries, notes } = await readImports(sources, (theirs) => ours.get(theirs) ?? theirs);
  for (const note of notes) process.stderr.write(`note: ${terminalSafe(note)}\n`);
  return entries;
}

/** lmms-eval's names (our aliases) to our labels: `docvqa_test` → `docvqa@test`. */
async function foreignNames(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const { name, aliases = [], splits } of await loadTasks()) {
    const [first] = Object.keys(splits);
    names.set(name, name);
    for (const alias of aliases) {
      const [theirs = "", split] = alias.split("@", 2);
      names.set(theirs, split === undefined || split === first ? name : `${name}@${split}`);
    }
  }
  return names;
}

async function suiteOf(name: string): Promise<Suite> {
  const { chosen } = await chooseTasks([name]);
  return { name, tasks: chosen.map(({ label }) => label) };
}

function requireSortKey(sort: string | undefined, board: Board): void {
  const keys = sortKeys(board);
  if (sort === undefined || keys.includes(sort) || board.rows.length === 0) return;
  throw new UserError(`no column "${sort}"`, "--sort", `${didYouMean(sort, keys)}columns: ${keys.join(", ")}`);
}
