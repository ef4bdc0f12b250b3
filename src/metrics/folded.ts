/** What every metric's fold does the same way: it counts what has no score, bounds the value by it, and holds interval and value together. */

import { defined } from "../core/defined.js";
import type { Fold, FoldContext, MetricValue, Sample } from "../core/metric.js";
import type { Scored } from "../core/score.js";

export type ScoredSample = Sample & { readonly score: Scored };

/** A metric's own part: what it keeps of samples, and what it makes of them. */
export interface Tally {
  /** A scored sample. One that the metric does not ask for leaves no trace. */
  scored(sample: ScoredSample): void;
  /** An unscored one: for metrics that must know which of their groups it leaves open. All are counted by the fold itself. */
  unscored?(sample: Sample): void;
  /** Over the scored samples. */
  value(): MetricValue | Promise<MetricValue>;
  /**
   * Lowest and highest value that so many unscored samples could have led to. Undefined, or absent: nobody can say; the value's note
   * then says how many are missing.
   */
  bounds?(unscored: number): readonly [low: number, high: number] | undefined;
  readonly perSample?: NonNullable<Fold["perSample"]>;
}

export function folded(tally: Tally, { valueOnly = false }: FoldContext): Fold {
  let unscored = 0;
  const finished = (value: MetricValue): MetricValue => {
    if (valueOnly) return value;
    const bounds = unscored > 0 ? tally.bounds?.(unscored) : undefined;
    const left = unscored > 0 && bounds === undefined ? `${unscored} samples without a score are left out` : undefined;
    const note = [value.note ?? (value.value === null ? "no sample was scored" : undefined), left].filter(Boolean);
    return {
      ...holdingValue(value),
      ...defined({ bounds }),
      ...(note.length === 0 ? {} : { note: note.join("; ") }),
    };
  };
  return {
    add(sample) {
      if (sample.score.status === "scored") tally.scored(sample as ScoredSample);
      else {
        unscored++;
        tally.unscored?.(sample);
      }
    },
    finish() {
      const value = tally.value();
      return value instanceof Promise ? value.then(finished) : finished(value);
    },
    ...defined({ perSample: tally.perSample }),
  };
}

/** A percentile interval of few, or of lopsided, samples can miss the value it belongs to. */
function holdingValue(result: MetricValue): MetricValue {
  const { value, interval } = result;
  if (value === null || interval === undefined) return result;
  const [low, high] = interval;
  return low <= value && value <= high
    ? result
    : { ...result, interval: [Math.min(low, value), Math.max(high, value)] };
}

/** The value of a scored sample that a metric asks for; undefined when unscored or without that value. */
export function sampleValue({ score }: Sample, of?: string): number | undefined {
  if (score.status !== "scored") return undefined;
  if (typeof score.value === "number") return of === undefined ? score.value : undefined;
  return of === undefined ? undefined : score.value[of];
}

/** The answer was not read but drawn, or found by a rule of last resort: `withoutGuesses` counts it as wrong. */
export function isGuess({ score }: Sample): boolean {
  return score.status === "scored" && (score.remark === "unparsable" || score.remark === "empty");
}
