/** One task's samples as several runs of the same model have scored them, each asked in its own way. */
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import { valueUnder } from "../../record/outcome.js";
import { requireScored } from "../../record/read.js";
import { selectionOf } from "../../record/selection.js";
import { intervalOf, within, withWidth } from "../../statistics/intervals.js";
import { Moments } from "../../statistics/moments.js";
import { type SampleValue, scaleOfMean } from "../compare/measure.js";
import type { SideTask } from "../compare/side.js";

/** What one way says of one sample, its repeats together. */
export interface WayScore {
  /** Undefined where it has no score. In the metric's unit. */
  readonly value: number | undefined;
  readonly cluster: string;
  /** Answers, and how many of them were cut off at the budget. */
  readonly answers: number;
  readonly cut: number;
  /** What its score compares with, where that is one word. */
  readonly target: string | undefined;
}

export interface JoinedWays {
  readonly metric: MetricResult;
  /**
   * The samples that lie within every way's limit: one that a way was never meant to ask says nothing about it. One entry for each way, undefined
   * where that way has left it out.
   */
  readonly samples: readonly (readonly (WayScore | undefined)[])[];
  /** The metric is the mean of its samples' scores; otherwise only the Results' own numbers can be told. */
  readonly isMean: boolean;
}

/** @throws UserError  a journal has lost samples */
export async function joinWays(ways: readonly SideTask[], metric: MetricResult): Promise<JoinedWays> {
  const samples = new Map<string, (Sums | undefined)[]>();
  const own: SampleValue[] = [];
  const limits = ways.map(({ result }) => selectionOf(result));
  for (const [w, { run, result }] of ways.entries()) {
    let scored = 0;
    for await (const record of run.counted(result)) {
      if (record.state === "scored") scored++;
      const value = valueUnder(record.score, metric.of ?? metric.name);
      if (w === 0 && value !== undefined) own.push({ value, ...defined({ repeat: record.repeat }) });
      // All of them number the same rows; ids may stand at several.
      const key = `${record.index} ${record.id}`;
      // Each limit counts the clusters that it sees.
      const isWithin = w === 0 && limits.map((has) => has(record)).every(Boolean);
      const sample = samples.get(key) ?? (isWithin ? ways.map(() => undefined) : undefined);
      if (!sample) continue;
      samples.set(key, sample);
      const sums = sample[w] ?? { sum: 0, values: 0, answers: 0, cut: 0, cluster: record.cluster, target: undefined };
      sample[w] = sums;
      if (record.state !== "failed") sums.answers++;
      if (record.state !== "failed" && record.finish === "length") sums.cut++;
      if (record.score?.status === "scored") sums.target = record.score.targets?.[0];
      if (value === undefined) continue;
      sums.sum += value;
      sums.values++;
    }
    requireScored(run, result, scored);
  }
  const scale = scaleOfMean(metric, own);
  return {
    metric,
    isMean: scale !== undefined,
    samples: [...samples.values()].map((sample) => sample.map((sums) => sums && scoreOf(sums, scale ?? 1))),
  };
}

interface Sums {
  sum: number;
  values: number;
  answers: number;
  cut: number;
  readonly cluster: string;
  target: string | undefined;
}

const scoreOf = ({ sum, values, ...rest }: Sums, scale: number): WayScore => ({
  ...rest,
  value: values === 0 ? undefined : (scale * sum) / values,
});

/** The mean of values in clusters with its interval, cut at the ends of what it can be. */
export function meanOver(
  values: readonly { readonly value: number; readonly cluster: string }[],
  range: readonly [low: number, high: number],
): { readonly value: number; readonly interval?: readonly [low: number, high: number] } {
  const moments = new Moments();
  for (const { value, cluster } of values) moments.add(value, cluster);
  const value = moments.isProportion ? moments.successes / moments.n : moments.mean;
  return { value, ...defined({ interval: withWidth(within(intervalOf(moments), range)?.interval) }) };
}

/** The metric that a task's ways are compared by: the first that has a direction. */
export const mainMetric = ({ result }: SideTask): MetricResult | undefined =>
  result.metrics.find(({ direction }) => direction !== "neither");

/** What a comparison says of itself where there is nothing to compare. */
export const measuredBy = (metric: MetricResult | undefined) => ({
  metric: metric?.name ?? "none",
  unit: metric?.unit ?? ("count" as const),
});

export const noMetric = "the task has no metric with a direction";
export const noMean = (name: string) =>
  `${name} is no mean of samples: each way's own number is told, and nothing of how they differ by chance`;
