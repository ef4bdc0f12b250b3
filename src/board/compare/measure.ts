/** How two runs differ on one task: the main metric over the samples that both have scored. No verdict yet. */
import type { Metric } from "../../core/metric.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Until } from "../../core/until.js";
import { ownName } from "../../record/manifest.js";
import type { RunManifest } from "../../record/run-manifest.js";
import { comparePairs, type Pair } from "../../statistics/paired-comparison.js";
import type { TaskComparison } from "./comparison.js";
import { type Changes, changesOf } from "./flips.js";
import { joinSamples, type SamplePair, sampleValue } from "./join-samples.js";
import type { SideTask } from "./side.js";
import { compareByFold } from "./whole-split.js";

export interface MeasureOptions {
  readonly alpha: number;
  readonly seed: number;
  /** For metrics of whole splits. */
  readonly replicates: number;
  /** The task's metrics, when the task is known here; metrics of whole splits are compared through them. */
  readonly metricsOf: (task: string, run: RunManifest) => Promise<readonly Metric[] | undefined>;
}

export type Measurement = Omit<TaskComparison, "verdict" | "pHolm" | "flips" | "minEffect" | "improved"> & {
  readonly changes: Changes;
  /** Every raw answer is the same in both runs. */
  readonly identical: boolean;
};

export async function measure(task: string, a: SideTask, b: SideTask, options: MeasureOptions): Promise<Measurement> {
  const joined = await joinSamples(a, b);
  const metric = a.result.metrics.find(({ direction }) => direction !== "neither");
  const both = joined.filter((pair) => pair.a && pair.b);
  const scored = both.filter((pair) => pair.a?.status === "scored" && pair.b?.status === "scored");
  const direction = metric?.direction === "lower" ? "lower" : "higher";
  const facts = {
    task,
    version: a.result.version,
    metric: metric?.name ?? "none",
    unit: metric?.unit ?? "count",
    direction,
    samples: {
      paired: scored.length,
      clusters: new Set(scored.map((pair) => pair.a?.cluster)).size,
      unscored: both.length - scored.length,
      onlyA: joined.filter((pair) => !pair.b).length,
      onlyB: joined.filter((pair) => !pair.a).length,
    },
    changes: changesOf(scored, metric?.name ?? "", direction === "lower" ? -1 : 1),
    identical: both.length > 0 && both.length === joined.length && both.every(isSame),
  } as const;
  const unknown = (note: string): Measurement => {
    const more = valueLost(metric, b) ? { valueLost: true, notes: [note, lostNote(facts.metric)] } : { notes: [note] };
    return { ...facts, a: null, b: null, delta: null, ...more };
  };
  if (!metric) return unknown("the task has no metric with a direction");
  if (scored.length === 0) return unknown("no sample is scored in both runs");
  const scale = scaleOfMean(metric, valuesOfA(joined, metric.name));
  const stopped = stoppedBetween(a, b);
  if (stopped && scale !== undefined) {
    return {
      ...facts,
      ...measureStopped(overRepeats(scored, metric.name), scale, stopped),
      notes: notesOnStop(stopped),
    };
  }
  if (scale !== undefined) {
    return { ...facts, ...measureMean(scored, metric.name, scale, options), notes: notesOnThird(a, b) };
  }
  if (facts.identical && metric.value !== null) {
    const { value } = metric;
    return { ...facts, a: value, b: value, delta: 0, interval: [0, 0], p: 1, test: "swap-randomisation", notes: [] };
  }
  const metrics = (await options.metricsOf(task, a.run.manifest)) ?? (await options.metricsOf(task, b.run.manifest));
  const fold = metrics?.find(({ name }) => name === metric.name);
  if (!fold) return unknown(`${metric.name} is no mean of the samples' scores, and its task is not known here`);
  const split = await compareByFold(fold, { a, b }, { ...options, scoring: a.result.scoring });
  if (!split) return unknown(`${metric.name} has no value on the paired samples`);
  const all = scored.length === a.result.n.scored && a.result.repeats === 1;
  return { ...facts, ...split, notes: all ? notesOnDrift(split.a, metric) : [] };
}

/** What has become as bad as can be may have no value any more: the F1 of a model that never says yes, the mean of a run that was never answered. */
function valueLost(metric: MetricResult | undefined, { result }: SideTask): boolean {
  if (!metric || metric.value === null) return false;
  return (result.metrics.find(({ name }) => name === metric.name)?.value ?? null) === null;
}

const lostNote = (metric: string) => `${metric} has a value in A and none in B`;

/** The fold of this version over A's whole journal must give A's number; if not, both sides are measured by another rule. */
function notesOnDrift(folded: number, { name, value }: MetricResult): string[] {
  if (value !== null && Math.abs(folded - value) <= 1e-9 * Math.max(1, Math.abs(value))) return [];
  return [
    `this version computes ${name} as ${folded} for A, whose Result says ${value}: score A again, or use its version`,
  ];
}

interface Stopped {
  readonly until: Until;
  /** 1: B stopped; -1: A did. */
  readonly sign: 1 | -1;
}

function notesOnStop({ until: { order, samples, of } }: Stopped): string[] {
  const weighted =
    order === undefined || samples === of
      ? ""
      : "; A and B are of items that tell models apart, and the difference weighs each by its chance to be asked";
  return [
    `one of the runs was stopped by how it compares with the other: its own looks give the interval and p, and the difference lies further from 0 than the truth${weighted}`,
  ];
}

/** Whether one of the two stopped when it was decided how it compares with the other: an ordinary test would be one look of many. */
function stoppedBetween(a: SideTask, b: SideTask): Stopped | undefined {
  if (b.result.until?.run === ownName(a.run.manifest)) return { until: b.result.until, sign: 1 };
  if (a.result.until?.run === ownName(b.run.manifest)) return { until: a.result.until, sign: -1 };
  return undefined;
}

/** A run stopped by a third one is compared on the samples that it has: an ordinary test, and not quite one of these two. */
function notesOnThird(a: SideTask, b: SideTask): string[] {
  return [a, b].flatMap(({ run, result: { until } }) =>
    until && until.samples < until.of
      ? [
          `${run.manifest.name} was stopped by how it compares with ${until.against}, which is neither of these two: its own score lies too far from that run's, and this test knows nothing of it`,
        ]
      : [],
  );
}

/** By an informative order the samples asked weigh unequally: the difference is then that of the run's looks, as its interval is. */
function measureStopped(pairs: readonly Pair[], scale: number, { until, sign }: Stopped) {
  const { interval, p, order, difference } = until;
  const mean = (of: "a" | "b") => (scale * pairs.reduce((sum, pair) => sum + pair[of], 0)) / pairs.length;
  const [a, b] = [mean("a"), mean("b")];
  const turned = interval && (sign > 0 ? interval : ([-interval[1], -interval[0]] as const));
  const delta = order === undefined || difference === undefined ? b - a : sign * difference;
  return { a, b, delta, ...(turned ? { interval: turned } : {}), p, test: "betting" as const };
}

function isSame({ a, b }: SamplePair): boolean {
  return a?.text === b?.text && a?.answer === b?.answer && a?.verdict === b?.verdict && a?.status === b?.status;
}

/**
 * The factor from the mean of the samples' values to the metric, or undefined when it is no such mean. Not declared but
 * checked against the Result: a metric that is a mean of something else (groups, subtasks) shows here. One that is drawn anew for its
 * interval is none even where it comes to the same: F1 is the accuracy when misses are as many as false alarms.
 * @param values  of every sample that the Result counts; a Result is the mean over its repeats, which need not have scored as many each
 */
export function scaleOfMean(metric: MetricResult, values: readonly SampleValue[]): number | undefined {
  if (metric.value === null || values.length === 0 || metric.method === "bootstrap") return undefined;
  const repeats = new Map<number, { sum: number; n: number }>();
  for (const { value, repeat = 0 } of values) {
    const { sum, n } = repeats.get(repeat) ?? { sum: 0, n: 0 };
    repeats.set(repeat, { sum: sum + value, n: n + 1 });
  }
  const mean = [...repeats.values()].reduce((total, { sum, n }) => total + sum / n, 0) / repeats.size;
  const target = metric.value;
  // Nothing right is 0 on every scale: then the unit says it.
  if (mean === 0 && target === 0) return metric.unit === "percent" && metric.range?.[1] === 1 ? 100 : 1;
  return [1, 100].find((scale) => Math.abs(mean * scale - target) <= 1e-9 * Math.max(1, Math.abs(target)));
}

/** What one asking of one sample scored. */
export interface SampleValue {
  readonly value: number;
  readonly repeat?: number;
}

function valuesOfA(joined: readonly SamplePair[], metric: string): readonly SampleValue[] {
  return joined.flatMap(({ a, repeat }) => {
    const value = a?.status === "scored" ? sampleValue(a, metric) : undefined;
    return value === undefined ? [] : [{ value, repeat }];
  });
}

function measureMean(scored: readonly SamplePair[], metric: string, scale: number, options: MeasureOptions) {
  const pairs = overRepeats(scored, metric);
  const { meanA, meanB, delta, interval, p, test, smallestEffect } = comparePairs(pairs, options);
  return {
    a: meanA * scale,
    b: meanB * scale,
    delta: delta * scale,
    interval: [interval[0] * scale, interval[1] * scale] as const,
    p,
    test,
    ...(smallestEffect === undefined ? {} : { smallestEffect: smallestEffect * scale }),
  };
}

/** One pair per sample: with repeats the mean of each side's. */
function overRepeats(scored: readonly SamplePair[], metric: string): Pair[] {
  const byId = new Map<string, { a: number; b: number; count: number; cluster: string }>();
  for (const pair of scored) {
    const [a, b] = [sampleValue(pair.a, metric), sampleValue(pair.b, metric)];
    if (a === undefined || b === undefined) continue;
    const row = `${pair.id} ${pair.a?.index}`;
    const sum = byId.get(row) ?? { a: 0, b: 0, count: 0, cluster: pair.a?.cluster ?? pair.id };
    byId.set(row, { ...sum, a: sum.a + a, b: sum.b + b, count: sum.count + 1 });
  }
  return [...byId.values()].map(({ a, b, count, cluster }) => ({ a: a / count, b: b / count, cluster }));
}
