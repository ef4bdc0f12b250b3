/** What the page shows: types shared by the writer, the server and the page itself (which imports no more of the house than this). */
import type { SaidBeside } from "../board/beside-words.js";
import type { TaskComparison, Verdict } from "../board/compare/comparison.js";
import type { MetricResult } from "../core/metric-result.js";
import type { NoteFlag, ShownNote } from "../core/note.js";
import type { Result } from "../core/result.js";
import type { SeenFrame } from "../core/video.js";
import type { RepeatCommand } from "../record/repeat-command.js";

/** So many runs have room side by side. */
export const mostRuns = 6;

/** Inline in the page: everything but the samples. */
export interface PageData {
  readonly title: string;
  /** One run, or up to six side by side: the first is the baseline. */
  readonly runs: readonly PageRun[];
  /** Each further run against the first. */
  readonly comparisons: readonly PageComparison[];
  readonly tasks: readonly PageTask[];
  /** The server answers `summary.json`: the page asks again while the run goes on. */
  readonly live: boolean;
  /** Whose notes the server takes; absent: nobody's. */
  readonly notesBy?: string;
  /** Where chunks and images are: `files` beside the page, `server`, or `inline` in it. */
  readonly store: "files" | "server" | "inline";
}

export interface PageRun {
  readonly name: string;
  readonly model: string;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Settings as resolved; secrets are only ever names. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly fingerprint: Readonly<Record<string, unknown>>;
  /** Asks for the same once more. */
  readonly command: RepeatCommand;
}

/** What `llava-eval compare` says of two runs. */
export interface PageComparison {
  /** The place of the run that is compared with the first. */
  readonly run: number;
  /** The worst of the tasks; undefined when none can be compared. */
  readonly verdict?: Verdict;
  readonly tasks: readonly PageTaskComparison[];
  /** What a reader must not miss: why a task is not compared, what else differs. */
  readonly warnings: readonly string[];
}

export type PageTaskComparison = Pick<
  TaskComparison,
  "task" | "metric" | "unit" | "direction" | "a" | "b" | "delta" | "interval" | "p" | "pHolm" | "verdict" | "improved"
> & {
  readonly paired: number;
  /** The verdict as people say it, and what it rests on. */
  readonly words: string;
  readonly reason: string;
};

/** How long a task's answers took and what they cost. */
export interface PageUsage {
  readonly n: number;
  /** Milliseconds from the first attempt to the answer: the 5th, 50th and 95th of a hundred. */
  readonly ms: readonly [fast: number, median: number, slow: number];
  /** Tokens of all answers; undefined where the model counts none. */
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  /** US dollars, where prices are known. */
  readonly cost?: number;
}

export type PageResult = Pick<
  Result,
  | "version"
  | "scoring"
  | "promptProfile"
  | "flags"
  | "n"
  | "remarks"
  | "metrics"
  | "groups"
  | "notes"
  | "dataset"
  | "generation"
  | "judge"
> & {
  /** Of a run that stopped when it was decided how it compares with another: what was decided. */
  readonly compared?: readonly string[];
  /** What the runs beside it say: what the image was worth, how much is owed to the way of asking. */
  readonly beside?: readonly SaidBeside[];
};

/** A number of somebody else's, shown as a mark: never mixed with runs. */
export interface Mark {
  readonly label: string;
  readonly value: number;
  readonly source: string;
}

/** What the main metric came to before: in earlier runs, or at other steps of a training. */
export interface Trend {
  /** What the points are: `run` or `step`. */
  readonly of: "run" | "step";
  readonly points: readonly {
    /** `2026-11-29 02:31`, `1000`. */
    readonly label: string;
    readonly value: number;
    readonly interval?: readonly [number, number];
    readonly flags: readonly string[];
  }[];
  /** Places of the first points at a new level. */
  readonly changes: readonly number[];
}

export interface PageTask {
  readonly task: string;
  /** One for each run; null while it has none. */
  readonly results: readonly (PageResult | null)[];
  /** The main metric while there is no Result: mean of the values so far. */
  readonly soFar: readonly (Pick<MetricResult, "name" | "unit" | "value" | "n"> | null)[];
  readonly marks: readonly Mark[];
  readonly trend?: Trend;
  /** One character for each sample, in the order of the list; one string for each run. See `SampleState`. */
  readonly states: readonly string[];
  /** One character for each sample, by run: + better than in the first run, - worse, = as good, or a space where nobody can tell. */
  readonly changes: readonly string[];
  /** One character for each sample, by run: e(mpty), t(runcated), u(nparsable), or a space. */
  readonly remarks: readonly string[];
  /** By run: of the samples that people noted something on, by their place in the list, the flags that they gave. */
  readonly noted: readonly Readonly<Record<number, readonly NoteFlag[]>>[];
  /** Which group each sample is of, by the name of the sub-score: `String.fromCharCode(firstGroup + place in values)`. */
  readonly groups: Readonly<Record<string, { readonly values: readonly string[]; readonly of: string }>>;
  /** By run; null where there are no timings. Empty while a run goes on. */
  readonly usage: readonly (PageUsage | null)[];
  /** Samples per chunk. */
  readonly chunkSize: number;
  /** Images are at hand. */
  readonly images: boolean;
}

/** The letter of a sub-score's first group: beyond those that JSON escapes. */
export const firstGroup = 0x100;

/** By the main metric: c = the best value, w = the worst, p = between, n = no value of its own; u = unscored, - = not there. */
export type SampleState = "c" | "w" | "p" | "n" | "u" | "-";

/** A piece of the samples, loaded when it is looked at. */
export interface PageSample {
  readonly index: number;
  readonly id: string;
  readonly repeat?: number;
  readonly prompt?: string;
  readonly targets?: readonly string[];
  readonly groups?: Readonly<Record<string, string>>;
  /** Names of images in the store. */
  readonly images: readonly string[];
  /** Where they are frames of clips: all of them, each with its thumbnail's name where that is at hand. */
  readonly frames?: readonly (SeenFrame & { readonly thumbnail?: string })[];
  /** One for each run. */
  readonly answers: readonly (PageAnswer | null)[];
}

export interface PageAnswer {
  readonly state: SampleState;
  readonly text?: string;
  readonly reasoning?: string;
  /** What was extracted and compared. */
  readonly answer?: string;
  readonly value?: number | Readonly<Record<string, number>>;
  readonly remark?: string;
  /** Why there is no score. */
  readonly unscored?: string;
  readonly warnings?: readonly string[];
  readonly turns?: readonly string[];
  /** What people noted on it. */
  readonly notes?: readonly ShownNote[];
  readonly likelihoods?: readonly { readonly logprob: number; readonly isGreedy: boolean }[];
  readonly judge?: readonly {
    readonly model: string;
    readonly replies: readonly string[];
    readonly verdict?: unknown;
  }[];
  readonly ms?: number;
  readonly attempts?: number;
  readonly tokens?: number;
}
