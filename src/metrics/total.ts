import type { Metric, MetricValue } from "../core/metric.js";
import { intervalOf } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { sampleValue } from "./mean.js";

/** The sum of the scored samples' values (0 to 1 each), e.g. OCRBench's points out of 1,000. Its interval is n times the mean's. */
export function total(name: string, { of }: { readonly of?: string } = {}): Metric {
  return {
    name,
    unit: "count",
    direction: "higher",
    range: [0, 1],
    ...(of === undefined ? {} : { of }),
    start() {
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
        finish: () => totalValue(moments, sum, unscored),
      };
    },
  };
}

function totalValue(moments: Moments, sum: number, unscored: number): MetricValue {
  const { n } = moments;
  const bounds = unscored > 0 ? { bounds: [sum, sum + unscored] as const } : {};
  if (n === 0) return { value: null, n, ...bounds, note: "no sample was scored" };
  const spread = intervalOf(moments);
  if (spread === undefined) return { value: sum, n, ...bounds };
  const { interval, stderr, method } = spread;
  return { value: sum, n, stderr: n * stderr, interval: [n * interval[0], n * interval[1]], method, ...bounds };
}
