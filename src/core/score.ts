import type { UnscoredReason } from "./errors.js";
import type { Mask } from "./image.js";
import type { Json } from "./json.js";
import type { Output } from "./runner.js";

/** A scored sample may carry a remark that is counted and listed; it does not change the value. */
export const remarks = ["empty", "truncated", "unparsable"] as const;
export type Remark = (typeof remarks)[number];

export interface Scored {
  readonly status: "scored";
  /** By the official rule, unrounded. A record when one answer feeds several metrics: `{ anls, exact_match }`. */
  readonly value: number | Readonly<Record<string, number>>;
  /** What was extracted from the text and compared. */
  readonly answer: string;
  readonly remark?: Remark;
  /** The references, for people and for whole-split metrics. */
  readonly targets?: readonly string[];
  /** What a whole-split metric needs of this sample beyond `targets` (a circular group, a yes/no flag, ...). Small: it is journalled. */
  readonly data?: Json;
}

export interface Unscored {
  readonly status: "unscored";
  readonly reason: UnscoredReason;
  readonly detail: string;
}

export type Score = Scored | Unscored;

/**
 * `official` follows the benchmark's own code; `lmms-eval` reproduces lmms-eval with its known defects; `vlmevalkit` reproduces VLMEvalKit
 * for tasks that say so in `scorings`: with its judge where one is named, else by its exact matching.
 */
export const scorings = ["official", "lmms-eval", "vlmevalkit"] as const;
export type Scoring = (typeof scorings)[number];

/** Which version of whose code a scoring reproduces. */
export const reproduced: Readonly<Partial<Record<Scoring, string>>> = {
  "lmms-eval": "lmms-eval 0.7.3",
  vlmevalkit: "VLMEvalKit e8e78f05",
};

/** What of an answer is scored (`--reasoning-tags`): models write their thoughts into the text. */
export interface Reading {
  /** Names of the marks whose thoughts are taken out; empty = none. */
  readonly tags: readonly string[];
  /** With no tags, and no end-of-turn mark that the server left at its end, the very bytes of the text. */
  visible(text: string): string;
}

export interface ScoreContext {
  readonly scoring: Scoring;
  /** What the judge's replies were parsed to, in the order asked; empty for tasks without a judge. */
  readonly verdicts: readonly Json[];
  /** Every round's output, the last one included; one element for single-round tasks. */
  readonly turns: readonly Output[];
  /** Pixels of the last prompt's images, in order; only for tasks that ask for them (`imageSizes`). */
  readonly imageSizes?: readonly (readonly [width: number, height: number])[];
  /** What the task's `masks` named, in its order; only for tasks that have them. */
  readonly masks?: readonly Mask[];
  /** One of `from`, drawn by a generator seeded with (run seed, task, row id): order and concurrency never change it. */
  draw<T>(from: readonly T[]): T;
}

/** A per-sample rule: pure, never changes the row, never rounds. */
export type Scorer<Row> = (row: Row, output: Output, context: ScoreContext) => Score;
