/** A metric over whole splits (F1, acc+, CIDEr, circular accuracy) compared through its own fold, from journal records alone. */
import { defined } from "../../core/defined.js";
import type { Fold, FoldContext, Metric, Sample } from "../../core/metric.js";
import type { SampleRecord, ScoredSample } from "../../record/samples.js";
import { normalQuantile } from "../../statistics/normal.js";
import { comparePairs, power } from "../../statistics/paired-comparison.js";
import { compareWholeSplit } from "../../statistics/paired-resampling.js";
import { RowKeys } from "./join-samples.js";
import type { SideTask } from "./side.js";

export interface WholeSplitOptions {
  readonly alpha: number;
  readonly seed: number;
  readonly replicates: number;
  readonly scoring: FoldContext["scoring"];
}

export interface WholeSplitResult {
  readonly a: number;
  readonly b: number;
  readonly delta: number;
  readonly interval: readonly [low: number, high: number];
  readonly p: number;
  readonly test: "mcnemar-exact" | "paired-permutation" | "swap-randomisation";
  readonly smallestEffect?: number;
}

/** undefined when the metric has no value on the paired samples. */
export async function compareByFold(
  metric: Metric,
  sides: { readonly a: SideTask; readonly b: SideTask },
  options: WholeSplitOptions,
): Promise<WholeSplitResult | undefined> {
  const clusters = await pairedClusters(sides.a, sides.b);
  const start = () => metric.start({ seed: options.seed, scoring: options.scoring, valueOnly: true });
  return start().perSample
    ? await compareSampleValues(start, clusters, options)
    : await compareResampled(start, clusters, options);
}

/** The metric is a mean of values that its fold knows at the end: an ordinary paired comparison. */
async function compareSampleValues(
  start: () => Fold,
  clusters: readonly (readonly PairOfSamples[])[],
  options: WholeSplitOptions,
): Promise<WholeSplitResult | undefined> {
  const values = async (side: "a" | "b") => {
    const fold = filled(start(), allOf(clusters, side));
    return (await fold.perSample?.()) ?? new Map<number, number>();
  };
  const [before, after] = [await values("a"), await values("b")];
  const pairs = clusters.flat().flatMap((pair) => {
    const [a, b] = [before.get(pair.a.index), after.get(pair.b.index)];
    return a === undefined || b === undefined ? [] : [{ a, b, cluster: pair.a.cluster }];
  });
  if (pairs.length === 0) return undefined;
  const { meanA, meanB, delta, interval, p, test, smallestEffect } = comparePairs(pairs, options);
  return { a: meanA, b: meanB, delta, interval, p, test, ...defined({ smallestEffect }) };
}

async function compareResampled(
  start: () => Fold,
  clusters: readonly (readonly PairOfSamples[])[],
  options: WholeSplitOptions,
): Promise<WholeSplitResult | undefined> {
  const valueOfFold = async (samples: Sample[]) => (await filled(start(), samples).finish()).value;
  const evaluate = async (include: Uint8Array, swap: Uint8Array) => {
    const chosen = clusters.flatMap((pairs, i) =>
      include[i] ? pairs.map(({ a, b }) => (swap[i] ? { a: b, b: a } : { a, b })) : [],
    );
    const a = await valueOfFold(chosen.map((pair) => pair.a));
    const b = await valueOfFold(chosen.map((pair) => pair.b));
    return a === null || b === null ? undefined : { a, b };
  };
  const all = await evaluate(new Uint8Array(clusters.length).fill(1), new Uint8Array(clusters.length));
  const comparison = await compareWholeSplit({ clusters: clusters.length, evaluate }, options);
  if (!all || !comparison) return undefined;
  const { delta, interval, p, stderr } = comparison;
  const effect = (normalQuantile(1 - options.alpha / 2) + normalQuantile(power)) * stderr;
  return { ...all, delta, interval, p, test: "swap-randomisation", ...(effect > 0 ? { smallestEffect: effect } : {}) };
}

const allOf = (clusters: readonly (readonly PairOfSamples[])[], side: "a" | "b") =>
  clusters.flat().map((pair) => pair[side]);

/** Folds are fed in row order, as by a run. */
function filled(fold: Fold, samples: Sample[]): Fold {
  for (const sample of samples.sort((x, y) => x.index - y.index)) fold.add(sample);
  return fold;
}

interface PairOfSamples {
  readonly a: Sample;
  readonly b: Sample;
}

/** Samples scored in both runs, by A's cluster. With repeats the first one only: a fold sees each row once. */
async function pairedClusters(a: SideTask, b: SideTask): Promise<PairOfSamples[][]> {
  const before = new Map<string, Sample>();
  const keysOfA = new RowKeys(a.result.task);
  for await (const record of a.run.counted(a.result)) {
    const key = keysOfA.of(record);
    if (isUsable(record)) before.set(key, sampleOf(record));
  }
  const pairs = new Map<string, PairOfSamples>();
  const keysOfB = new RowKeys(b.result.task);
  for await (const record of b.run.counted(b.result)) {
    const key = keysOfB.of(record);
    const earlier = before.get(key);
    if (earlier && isUsable(record)) pairs.set(key, { a: earlier, b: sampleOf(record) });
  }
  const clusters = new Map<string, PairOfSamples[]>();
  for (const pair of pairs.values()) {
    const cluster = clusters.get(pair.a.cluster);
    if (cluster) cluster.push(pair);
    else clusters.set(pair.a.cluster, [pair]);
  }
  return [...clusters.values()];
}

const isUsable = (record: SampleRecord): record is ScoredSample =>
  (record.repeat ?? 0) === 0 && record.state === "scored";

function sampleOf({ index, id, cluster, groups = {}, text, score }: ScoredSample): Sample {
  return { index, id, cluster, groups, score, text };
}
