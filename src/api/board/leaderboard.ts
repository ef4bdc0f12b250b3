import { basename, join, resolve } from "node:path";
import type { Tone } from "../../board/format/table.js";
import type { Paint, Screen } from "../../board/format/terminal-table.js";
import { boardLongCsv, boardWideCsv } from "../../board/leaderboard/as-csv.js";
import { boardEvalResults } from "../../board/leaderboard/as-eval-results.js";
import { boardHtml } from "../../board/leaderboard/as-html.js";
import { boardJson } from "../../board/leaderboard/as-json.js";
import { boardLatex } from "../../board/leaderboard/as-latex.js";
import { boardMarkdown } from "../../board/leaderboard/as-markdown.js";
import { boardModelIndex } from "../../board/leaderboard/as-model-index.js";
import { boardSvg } from "../../board/leaderboard/as-svg.js";
import { boardTable } from "../../board/leaderboard/as-table.js";
import { boardText } from "../../board/leaderboard/as-text.js";
import { type Board, makeBoard, type Suite, sortKeys } from "../../board/leaderboard/board.js";
import { collectEntries, entriesOf } from "../../board/leaderboard/collect.js";
import { readImports } from "../../board/leaderboard/import/read-imports.js";
import { withPairedRanks } from "../../board/leaderboard/paired-ranks.js";
import { readPublished } from "../../board/leaderboard/published.js";
import { availabilities, type Publisher, relationships } from "../../board/leaderboard/publisher.js";
import type { Look } from "../../board/leaderboard/table.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { packageRoot } from "../../core/package-root.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { openRun, type Run } from "../../record/read.js";
import { chooseTasks, labelsByName } from "../tasks/catalogue.js";
import { packageVersion } from "../versions.js";
import { resultsFolder } from "./results-folder.js";

export type { Board, Look, Paint, Publisher, Screen, Tone };
export { availabilities, relationships };

const flags = ["demo", "partial", "incomplete"] as const;

export interface RunsOptions {
  /** Run folders. Default: all below `results`. */
  readonly runs?: readonly string[];
  /** Where the runs are. Default "results". */
  readonly results?: string;
}

export interface LeaderboardOptions extends RunsOptions {
  /** Average these suites, only for models that have all their tasks. */
  readonly suite?: readonly string[];
  /** Only these tasks. */
  readonly tasks?: readonly string[];
  /** Only these models; `*` and `?` match. */
  readonly models?: readonly string[];
  /** Flagged entries too: `demo`, `partial`, `incomplete`. */
  readonly include?: readonly string[];
  /** Results of others: `lmms-eval:PATH`, `lm-eval:PATH`, `vlmevalkit:PATH`; a file or a folder. */
  readonly import?: readonly string[];
  /** Published numbers beside ours. Default false. */
  readonly published?: boolean;
  /** Sub-scores too: subjects, domains, answer types. Default false. */
  readonly groups?: boolean;
  /** Ranks from paired tests on the samples, where there are journals of the same rows. Default false: from intervals. */
  readonly paired?: boolean;
  /** A task, a suite, or `model`. Default: the first suite, else the first task. */
  readonly sort?: string;
  /** Told of each run that could not be read. */
  readonly onWarning?: (message: string) => void;
  /** Told what the results of others leave open: a metric without a name, two models in one file. */
  readonly onNote?: (message: string) => void;
}

/**
 * Models x tasks from the runs below a folder, or from the runs named.
 * @throws UserError  a run, suite, column or import is not there
 */
export async function leaderboard(options: LeaderboardOptions = {}): Promise<Board> {
  const { include = [], suite = [], tasks: named, models, sort } = options;
  for (const flag of include) {
    if (!(flags as readonly string[]).includes(flag)) {
      throw new UserError(`"${flag}" is no flag`, "--include", `write some of ${flags.join(", ")}`);
    }
  }
  const entries = [
    ...(await ownEntries(options)),
    ...(await imported(options)),
    ...(options.published ? await readPublished(join(packageRoot, "configs", "published")) : []),
  ];
  const suites = await Promise.all(suite.map((name) => suiteOf(name, entries)));
  // A task brings its sub-scores along.
  const tasks = named && entries.map(({ task }) => task).filter((task) => named.includes(task.split(" ")[0] ?? task));
  const board = makeBoard(entries, {
    ...{ include, suites },
    ...(tasks ? { tasks } : {}),
    ...(models ? { models } : {}),
    ...defined({ sort }),
  });
  requireSortKey(sort, board);
  if (!options.paired) return board;
  const own = await runsOf(board, options);
  return await withPairedRanks(board, ({ entry }) => own.get(entry.run));
}

/** A board as text. What a form does not show of a look it leaves alone. */
export const boardForms = {
  table: boardTable,
  text: boardText,
  md: boardMarkdown,
  latex: boardLatex,
  html: (board: Board) => boardHtml(board),
  svg: boardSvg,
  json: boardJson,
  csv: boardWideCsv,
  "csv-long": boardLongCsv,
  "model-index": (board: Board) => boardModelIndex(board, packageVersion()),
  "eval-results": (board: Board, { publisher }: Published) => boardEvalResults(board, packageVersion(), publisher),
} satisfies Record<string, (board: Board, look: Look & Screen & Published) => string>;

interface Published {
  readonly publisher?: Publisher;
}

/** The runs of ours that stand on a board, by the name that their entries give them. */
export async function runsOf(board: Board, { runs = [], results = "results" }: RunsOptions): Promise<Map<string, Run>> {
  const from = runs.length > 0 ? "." : results;
  const entries = board.rows.flatMap(({ origin, cells }) =>
    origin === undefined ? [...cells.values()].map(({ entry }) => entry) : [],
  );
  const names = [...new Set(entries.map(({ run }) => run))].sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await openRun(resolve(from, name))] as const)));
}

async function ownEntries(options: LeaderboardOptions): Promise<LeaderboardEntry[]> {
  const { runs = [], groups = false, onWarning } = options;
  const results = resultsFolder(options.results);
  if (runs.length > 0) {
    const opened = await Promise.all(runs.map(openRun));
    return opened.flatMap((run) => entriesOf(run, resolve("."), groups));
  }
  const { entries, unreadable } = await collectEntries(results, groups);
  for (const reason of unreadable) onWarning?.(`left out: ${reason}`);
  return [...entries];
}

async function imported({ import: sources = [], onNote }: LeaderboardOptions): Promise<readonly LeaderboardEntry[]> {
  if (sources.length === 0) return [];
  const ours = await labelsByName();
  const { entries, notes } = await readImports(sources, (theirs) => ours.get(theirs) ?? theirs);
  for (const note of notes) onNote?.(note);
  return entries;
}

/** A suite, a task of the package, or one that only the board has: of the user's own, whose file need not be at hand. */
async function suiteOf(name: string, entries: readonly LeaderboardEntry[]): Promise<Suite> {
  if (entries.some(({ task }) => task === name)) return { name, tasks: [name] };
  try {
    const { chosen } = await chooseTasks([name]);
    // A suite of one's own is called by its file's name.
    const lists = [...new Set(chosen.flatMap(({ without }) => without?.list ?? []))];
    const called = [basename(name).replace(/\.ya?ml$/, ""), ...lists.map((list) => `without ${list}`)];
    return { name: called.join(" "), tasks: chosen.map(({ label }) => label) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [where, fix] = [error.where, error.fix].map((text) => text.replace("--tasks", "--suite"));
    throw new UserError(error.message, where ?? "--suite", fix ?? "", { cause: error });
  }
}

/** @throws UserError  a column that the board does not have */
export function requireColumns(columns: readonly string[], board: Board): void {
  const keys = sortKeys(board).slice(1);
  for (const column of columns)
    if (!keys.includes(column) && board.rows.length > 0)
      throw new UserError(
        `no column "${column}"`,
        "--columns",
        `${didYouMean(column, keys)}columns: ${keys.join(", ")}`,
      );
}

function requireSortKey(sort: string | undefined, board: Board): void {
  const keys = sortKeys(board);
  if (sort === undefined || keys.includes(sort) || board.rows.length === 0) return;
  throw new UserError(`no column "${sort}"`, "--sort", `${didYouMean(sort, keys)}columns: ${keys.join(", ")}`);
}
