/** What a leaderboard's site is made of, and where its pages lie: one for the board, for each model and for each task. */
import type { Board } from "../../board/leaderboard/board.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import type { Run } from "../../record/read.js";
import { fileNames } from "./file-names.js";

export interface SiteParts {
  readonly board: Board;
  /** Of llava-eval. */
  readonly version: string;
  /** Our own, by an entry's `run`. */
  readonly runs: ReadonlyMap<string, Run>;
  /** By label. */
  readonly tasks: ReadonlyMap<string, SiteTask>;
  /** Suites that a reader may look at alone. */
  readonly groups: readonly TaskGroup[];
  /** The same board in other forms and further pages, by the names of their files. */
  readonly others: Readonly<Record<string, string>>;
}

export interface TaskGroup {
  readonly name: string;
  readonly tasks: readonly string[];
}

/** What a reader of its numbers has to know of a task. */
export interface SiteTask {
  readonly about?: string;
  readonly cite?: string;
  /** Names and values: `data`, `licence`, `scored by`. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly prompt?: { readonly text: string; readonly images: number; readonly of: string };
  /** What stands in the table of agreement with reference code. */
  readonly agreement: readonly string[];
}

export interface Site extends SiteParts {
  /** Addresses from the folder of the site, by model, label and run. */
  readonly places: {
    readonly models: ReadonlyMap<string, string>;
    readonly tasks: ReadonlyMap<string, string>;
    readonly samples: ReadonlyMap<string, string>;
  };
}

export function siteOf(parts: SiteParts): Site {
  const { board, runs, tasks } = parts;
  return {
    ...parts,
    places: {
      models: fileNames(new Set(board.rows.map(({ model }) => model)), (name) => `models/${name}.html`),
      tasks: fileNames(tasks.keys(), (name) => `tasks/${name}.html`),
      samples: fileNames(runs.keys(), (name) => `samples/${name}/index.html`),
    },
  };
}

/** The label behind a column: of a sub-score (`mmmu subject=Art`) that of its task. */
export const labelOf = (task: string) => task.split(" ")[0] ?? task;

/** Where the samples behind a cell are looked at. */
export function samplesPlace({ places }: Site, { task, run, origin }: LeaderboardEntry): string | undefined {
  const page = origin === undefined ? places.samples.get(run) : undefined;
  return page && `${page}#${new URLSearchParams({ task: labelOf(task) })}`;
}
