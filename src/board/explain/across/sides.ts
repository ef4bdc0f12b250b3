/** What is compared: a run of ours and another harness's samples of the same benchmark. */
import type { MetricResult } from "../../../core/metric-result.js";
import type { Score } from "../../../core/score.js";
import type { SampleRecord } from "../../../record/samples.js";
import type { SteadinessFinding } from "../steadiness.js";
import type { TheirSample } from "./theirs.js";

/** One of our samples, with what only its row can tell. */
export interface OurSample {
  readonly record: SampleRecord;
  /** By the names that theirs may be known by: `row number`, `position`, `id`, `index`. */
  readonly names: Readonly<Record<string, string>>;
}

/** What the task's own code makes of their sample, where the rows are at hand. */
export interface Replayed {
  /** Their text under each of our scorings; undefined: that rule asks a judge. */
  readonly scores: Readonly<Record<string, Score | undefined>>;
  /** What a rule may compare with, as our row has it. */
  readonly references: readonly string[];
  /** What our prompt profiles send. */
  readonly words: readonly string[];
  /** Prompt profiles that send exactly their words. */
  readonly profiles: readonly string[];
}

export interface Sides {
  readonly task: string;
  readonly main: MetricResult;
  /** From the mean of samples to the metric; undefined: it is no mean of them. */
  readonly scale: number | undefined;
  readonly harness: string;
  readonly scoring: string;
  readonly promptProfile: string;
  readonly generation: Readonly<Record<string, unknown>>;
  readonly ours: readonly OurSample[];
  readonly theirs: readonly TheirSample[];
  /** Their main number, where a file beside says it. */
  readonly reported: number | undefined;
  /** What their file gives back of a text. */
  readBack(text: string): string;
  replayed(ours: OurSample, theirs: TheirSample): Replayed | undefined;
  /** A metric that is no mean of samples, over other scores of them; absent where the task is not known. */
  fold?(scoring: string, scored: readonly ScoredAnew[]): Promise<number | null>;
  /** How steady our model's server is, where somebody looked. */
  readonly steadiness: readonly SteadinessFinding[];
}

export interface ScoredAnew {
  readonly record: SampleRecord;
  readonly score: Score;
  readonly text: string | undefined;
}
