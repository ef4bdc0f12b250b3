import { defined } from "../core/defined.js";
import type { Metric } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { folded, sampleValue } from "./folded.js";

/** The sum of the scored samples' values (0 to 1 each), e.g. OCRBench's points out of 1,000. Its interval is n times the mean's. */
export function total(name: string, { of }: { readonly of?: string } = {}): Metric {
  return {
    name,
    unit: "count",
    direction: "higher",
    range: [0, 1],
    ...defined({ of }),
    start(context) {
      const moments = new Moments();
      let sum = 0;
      return folded(
        {
          scored(sample) {
            const value = sampleValue(sample, of);
            if (value === undefined) return;
            moments.add(value, sample.cluster);
            sum += value;
          },
          value() {
            const { n } = moments;
            if (n === 0) return { value: null, n };
            const spread = intervalOf(moments);
            if (spread === undefined) return { value: sum, n };
            const { interval, stderr, method } = spread;
            return { value: sum, n, stderr: n * stderr, interval: [n * interval[0], n * interval[1]], method };
          },
          bounds: (unscored) => [sum, sum + unscored],
        },
        context,
      );
    },
  };
}
