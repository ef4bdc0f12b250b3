/** The mean of sample scores, with an interval that respects clusters. */

import type { Metric, MetricValue, Sample } from "../core/metric.js";
import { intervalOf, within } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";

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

/** The value of a scored sample that a metric asks for; undefined when unscored or without that value. */
export function sampleValue({ score }: Sample, of?: string): number | undefined {
  if (score.status !== "scored") return undefined;
  if (typeof score.value === "number") return of === undefined ? score.value : undefined;
  return of === undefined ? undefined : score.value[of];
}

/** Mean over the scored samples. Unscored ones widen the bounds, never the value. */
export function mean(name: string, options: MeanOptions = {}): Metric {
  const { of, unit = "fraction", direction = "higher", range = [0, 1], perGroup } = options;
  return {
    name,
    unit,
    direction,
    range,
    ...(of === undefined ? {} : { of }),
    ...(perGroup === undefined ? {} : { perGroup }),
    start({ valueOnly }) {
      const moments = new Moments();
      let sum = 0;
      let unscored = 0;
      return {
        add(sample) {
          const value = sampleValue(sample, of);
          if (value !== undefined) {
            moments.add(value, sample.cluster);
            sum += value;
          } else if (sample.score.status === "unscored") unscored++;
        },
        finish: () =>
          valueOnly
            ? { value: moments.n === 0 ? null : sum / moments.n, n: moments.n }
            : meanValue(moments, sum, unscored, range),
      };
    },
  };
}

/** A mean as metrics report it: `sum / n`, as the reference scripts compute it, so that even its last digit is theirs. */
function meanValue(
  moments: Moments,
  sum: number,
  unscored: number,
  range: readonly [low: number, high: number],
): MetricValue {
  const [low, high] = range;
  const { n } = moments;
  const total = n + unscored;
  const bounds =
    unscored === 0 ? {} : { bounds: [(sum + low * unscored) / total, (sum + high * unscored) / total] as const };
  if (n === 0) return { value: null, n, ...bounds, note: "no sample was scored" };
  return { value: sum / n, n, ...within(intervalOf(moments), range), ...bounds };
}
