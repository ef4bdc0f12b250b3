/** The mean of sample scores, with an interval that respects clusters. */

import { defined } from "../core/defined.js";
import type { Metric } from "../core/metric.js";
import { intervalOf, within } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { folded, isGuess, sampleValue } from "./folded.js";

export interface MeanOptions {
  /** Which value of a scored sample's record; samples without it are left out. Default: the single number. */
  readonly of?: string;
  /** Default `fraction`. */
  readonly unit?: Metric["unit"];
  /** Default `higher`. */
  readonly direction?: Metric["direction"];
  /** Lowest and highest value of one sample: for the bounds, and where the interval ends. Default 0 and 1. */
  readonly range?: readonly [low: number, high: number];
  readonly perGroup?: boolean;
}

/** Mean over the scored samples. Unscored ones widen the bounds, never the value. */
export function mean(name: string, options: MeanOptions = {}): Metric {
  const { of, unit = "fraction", direction = "higher", range = [0, 1], perGroup } = options;
  const [low, high] = range;
  return {
    name,
    unit,
    direction,
    range,
    ...defined({ of, perGroup }),
    start(context) {
      const moments = new Moments();
      let sum = 0;
      let guessed = 0;
      return folded(
        {
          scored(sample) {
            const value = sampleValue(sample, of);
            if (value === undefined) return;
            moments.add(value, sample.cluster);
            sum += value;
            if (isGuess(sample)) guessed += value;
          },
          // `sum / n`, as the reference scripts compute it, so that even its last digit is theirs.
          value() {
            const { n } = moments;
            const value = n === 0 ? null : sum / n;
            if (context.valueOnly) return { value, n };
            const withoutGuesses = guessed > 0 ? { withoutGuesses: (sum - guessed) / n } : {};
            return { value, n, ...withoutGuesses, ...within(intervalOf(moments), range) };
          },
          bounds(unscored) {
            const total = moments.n + unscored;
            return [(sum + low * unscored) / total, (sum + high * unscored) / total];
          },
        },
        context,
      );
    },
  };
}
