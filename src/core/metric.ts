import type { Score, Scoring } from "./score.js";

/** One sample as metrics see it: everything comes from the journal, so `llava-eval score` needs no dataset and no model. */
export interface Sample {
  /** Position in the split, after expansion; metrics are fed in this order. */
  readonly index: number;
  readonly id: string;
  readonly score: Score;
  /** Samples of one cluster (one image, one circular group) are not independent; intervals respect it. */
  readonly cluster: string;
  /** Values of the task's `groups`: `{ subject: "Art" }`. */
  readonly groups: Readonly<Record<string, string>>;
  /** The raw text, for metrics over whole splits. Absent when unscored before an answer. */
  readonly text?: string;
}

export interface MetricValue {
  /** Unrounded; null when undefined (nothing scored, no ground truth, a missing jar). */
  readonly value: number | null;
  readonly stderr?: number;
  /** 95 %. */
  readonly interval?: readonly [low: number, high: number];
  /** How the interval was made. */
  readonly method?: "wilson" | "t" | "clustered" | "bootstrap";
  /** Scored samples behind the value; of metrics over groups (all passes of a question, all answers about a figure) the groups. */
  readonly n: number;
  /** Every guess counted as wrong: drawn letters, and answers that only a rule of last resort found. Absent when no guess was right. */
  readonly withoutGuesses?: number;
  /** With unscored samples counted as all wrong ... all right; absent when nothing is unscored or the metric has no range. */
  readonly bounds?: readonly [low: number, high: number];
  /** Why the value is null, or what the reader must know. */
  readonly note?: string;
}

export interface FoldContext {
  /** Seeds the bootstrap. */
  readonly seed: number;
  readonly scoring: Scoring;
  /** Only `value` will be read: make no interval. Paired comparisons fold thousands of mixtures of two runs. */
  readonly valueOnly?: boolean;
}

export interface Fold {
  add(sample: Sample): void;
  finish(): MetricValue | Promise<MetricValue>;
  /**
   * For a metric that is a mean of values known only once the split is complete (CIDEr: its document frequencies): each scored
   * sample's value by `index`, in the metric's unit. Asked instead of `finish` by paired comparisons, which need no resampling then.
   */
  perSample?(): ReadonlyMap<number, number> | Promise<ReadonlyMap<number, number>>;
}

export const units = ["fraction", "percent", "points", "ratio", "count"] as const;

/**
 * A per-split measure: `start` gives a fresh fold, `add` is called for every sample in row order (unscored ones too, so that
 * bounds can be computed), `finish` once. A metric over the whole split (CIDEr, acc+, F1) keeps what it needs in the fold.
 */
export interface Metric {
  /** The field's own word: `accuracy`, `exact_match`, `CIDEr`, `acc_plus`. */
  readonly name: string;
  /** `fraction` is printed as a percentage. */
  readonly unit: (typeof units)[number];
  readonly direction: "higher" | "lower" | "neither";
  /** Which value of a sample's score the metric takes, where `score` gives a record of them. Default: the single number. */
  readonly of?: string;
  /** Between which ends that value lies: a score outside them is refused. Absent: the metric takes no single value of a score. */
  readonly range?: readonly [low: number, high: number];
  /** Also computed for every value of the task's `groups`; false for whole-split-only metrics. Default true. */
  readonly perGroup?: boolean;
  start(context: FoldContext): Fold;
}
