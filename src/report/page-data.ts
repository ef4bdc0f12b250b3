/** What the page shows: types shared by the writer, the server and the page itself (which imports only types). */
import type { MetricResult, Result } from "../core/result.js";

/** Inline in the page: everything but the samples. */
export interface PageData {
  readonly title: string;
  /** One run, or two side by side: the first is the baseline. */
  readonly runs: readonly PageRun[];
  readonly tasks: readonly PageTask[];
  /** The server answers `summary.json`: the page asks again while the run goes on. */
  readonly live: boolean;
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
>;

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
  /** One character for each sample: e(mpty), t(runcated), u(nparsable), or a space; of the last run. */
  readonly remarks: string;
  /** Samples per chunk. */
  readonly chunkSize: number;
  /** Images are at hand. */
  readonly images: boolean;
}

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
