import { isWithin } from "../core/check-score.js";
import type { MetricResult } from "../core/metric-result.js";
import type { Score, Scored } from "../core/score.js";

/** What of a metric says how to read one sample's value; a `Metric` of a task and a `MetricResult` of a run both have it. */
export type SampleMetric = Pick<MetricResult, "name" | "unit" | "direction" | "of" | "range">;

/**
 * How a sample went, by the task's main metric: its value is the best that one sample can have, the worst, or between.
 * `none`: it has no value of its own (captions, circular questions, secret answers): only the split has one.
 */
export type Outcome = "right" | "partly" | "wrong" | "none" | "unscored";

export function outcomeOf(score: Score | undefined, main: SampleMetric | undefined): Outcome {
  if (score?.status !== "scored") return "unscored";
  const value = ownValue(score, main);
  const range = main ? rangeOf(main) : unit;
  if (value === undefined || range === undefined) return "none";
  const [worst, best] = main?.direction === "lower" ? [range[1], range[0]] : range;
  return value === best ? "right" : value === worst ? "wrong" : "partly";
}

const unit = [0, 1] as const;

/** The lowest and the highest value of one sample; undefined where the metric has no such bounds. */
export function rangeOf({ unit: metricUnit, range }: SampleMetric): readonly [low: number, high: number] | undefined {
  return range ?? (metricUnit === "fraction" ? unit : undefined);
}

/** The value that the main metric looks at: the plain number, or its own entry in a record of values. */
export function ownValue({ value }: Scored, main: SampleMetric | undefined): number | undefined {
  if (typeof value === "number") return value;
  return main ? value[main.of ?? main.name] : undefined;
}

/** A sample's value under a metric's name, for readers that pair samples; undefined when it has none. */
export function valueUnder(score: Score | undefined, metric: string): number | undefined {
  if (score?.status !== "scored") return undefined;
  return typeof score.value === "number" ? score.value : score.value[metric];
}

/** Why a value cannot be one of these metrics'; undefined when it can. A plain number is the first metric's. */
export function outsideRange({ value }: Scored, metrics: readonly SampleMetric[]): string | undefined {
  const named = typeof value === "number" ? [[metrics[0], value] as const] : metricsNamed(value, metrics);
  for (const [metric, found] of named) {
    const range = metric && rangeOf(metric);
    if (range && !isWithin(found, range)) {
      return `is ${found}, outside ${range[0]} to ${range[1]}, the range of the metric "${metric.name}"`;
    }
  }
  return undefined;
}

function metricsNamed(values: Readonly<Record<string, number>>, metrics: readonly SampleMetric[]) {
  return metrics.flatMap((metric) => {
    const value = values[metric.of ?? metric.name];
    return value === undefined ? [] : [[metric, value] as const];
  });
}
