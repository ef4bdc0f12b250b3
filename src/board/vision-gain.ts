/** What the image was worth: a run with it and a run without, sample by sample. */
import { defined } from "../core/defined.js";
import type { MetricResult } from "../core/metric-result.js";
import type { Result } from "../core/result.js";
import type { VisionGain } from "../core/vision-gain.js";
import { type Outcome, outcomeOf, rangeOf, valueUnder } from "../record/outcome.js";
import { requireScored } from "../record/read.js";
import type { SampleRecord } from "../record/samples.js";
import { clusteredMean } from "../statistics/clustered-mean.js";
import { intervalOf, within, withWidth } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { RowKeys } from "./compare/join-samples.js";
import { type MeasureOptions, measure, type SampleValue, scaleOfMean } from "./compare/measure.js";
import type { SideTask } from "./compare/side.js";

export interface TwoWays {
  readonly sighted: SideTask;
  readonly blind: SideTask;
}

/** @throws UserError  a journal has lost samples */
export async function visionGain(ways: TwoWays, options: MeasureOptions): Promise<VisionGain> {
  const { sighted } = ways;
  const metric = sighted.result.metrics.find(({ direction }) => direction !== "neither");
  if (!metric) return { ...nothing, ...named(undefined), notes: ["the task has no metric with a direction"] };
  const read = await readPairs(ways, metric);
  const scale = scaleOfMean(metric, read.values);
  if (scale === undefined) return await ofWholeSplit(ways, metric, options);
  const pairs = read.pairs.map(({ a, b, ...pair }) => ({ ...pair, a: a * scale, b: b * scale }));
  const range = rangeOf(metric)?.map((end) => end * scale) as [number, number] | undefined;
  return {
    ...named(metric),
    ...gainOf(pairs),
    ...defined({ clusters: pairs.length === 0 ? undefined : new Set(pairs.map(({ cluster }) => cluster)).size }),
    leftOut: read.leftOut,
    ...solvableOf(pairs, range),
    groups: byGroup(pairs, (of) => ({ ...gainOf(of), ...solvableOf(of, range) })),
    notes: [],
  };
}

const nothing = {
  ...{ value: null, sighted: null, blind: null, n: 0 },
  leftOut: { unscored: 0, withoutImage: 0 },
  groups: {},
};

const named = (metric: MetricResult | undefined) =>
  ({ metric: metric?.name ?? "none", unit: metric?.unit ?? "count" }) as const;

/** One sample both ways: `a` blind, `b` sighted. */
interface GainPair {
  readonly a: number;
  readonly b: number;
  readonly cluster: string;
  readonly groups: Readonly<Record<string, string>>;
  /** Both ways. Of repeats, right every time. */
  readonly outcomes: { readonly blind: Outcome; readonly sighted: Outcome };
}

interface Pairs {
  readonly pairs: readonly GainPair[];
  /** Of every sample that the run with images scored. */
  readonly values: readonly SampleValue[];
  readonly leftOut: VisionGain["leftOut"];
}

/** What one way says of one row, its repeats together. */
interface RowScore {
  sum: number;
  count: number;
  outcome: Outcome;
}

async function readPairs({ sighted, blind }: TwoWays, metric: MetricResult): Promise<Pairs> {
  const seen = await readRows(sighted, metric);
  const unseen = await readRows(blind, metric);
  const pairs: GainPair[] = [];
  const leftOut = { unscored: 0, withoutImage: 0 };
  for (const [key, { score, record }] of seen.rows) {
    const other = unseen.rows.get(key)?.score;
    if (!record.showsImage) leftOut.withoutImage++;
    else if (!other || score.count === 0 || other.count === 0) leftOut.unscored++;
    else
      pairs.push({
        a: other.sum / other.count,
        b: score.sum / score.count,
        ...record,
        outcomes: { blind: other.outcome, sighted: score.outcome },
      });
  }
  return { pairs, values: seen.values, leftOut };
}

async function readRows({ run, result }: SideTask, metric: MetricResult) {
  const rows = new Map<string, { readonly score: RowScore; readonly record: ReturnType<typeof kept> }>();
  const values: SampleValue[] = [];
  const keys = new RowKeys(result.task);
  let scored = 0;
  for await (const record of run.counted(result)) {
    const key = keys.of({ ...record, repeat: 0 });
    const row = rows.get(key) ?? { score: { sum: 0, count: 0, outcome: "unscored" }, record: kept(record) };
    rows.set(key, row);
    if (record.state === "scored") scored++;
    const value = valueUnder(record.score, metric.of ?? metric.name);
    if (value === undefined) continue;
    values.push({ value, ...defined({ repeat: record.repeat }) });
    row.score.sum += value;
    row.score.count++;
    const outcome = outcomeOf(record.score, metric);
    row.score.outcome = row.score.count === 1 || row.score.outcome === outcome ? outcome : "partly";
  }
  requireScored(run, result, scored);
  return { rows, values };
}

const kept = ({ cluster, groups = {}, images = [], clips = [] }: SampleRecord) => ({
  ...{ cluster, groups },
  showsImage: images.length > 0 || clips.length > 0,
});

function gainOf(
  pairs: readonly GainPair[],
): Pick<VisionGain, "value" | "stderr" | "interval" | "n" | "sighted" | "blind"> {
  const n = pairs.length;
  if (n === 0) return { value: null, n, sighted: null, blind: null };
  const mean = (of: (pair: GainPair) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0) / n;
  const [sighted, blind] = [mean(({ b }) => b), mean(({ a }) => a)];
  const spread = clusteredMean(pairs.map(({ a, b, cluster }) => ({ value: b - a, cluster })));
  // Differences that are all the same say nothing about how far the next one may lie from them.
  if (!spread || spread.stderr === 0) return { value: sighted - blind, n, sighted, blind };
  const { stderr, interval } = spread;
  return { value: sighted - blind, stderr, interval, n, sighted, blind };
}

/**
 * Samples that need no image, and the score on the others. They are chosen by the blind run alone: a choice that looked at the sighted
 * answers too would have chosen the score.
 */
function solvableOf(
  pairs: readonly GainPair[],
  range: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Pick<VisionGain, "solvable" | "rest"> {
  if (pairs.length === 0 || pairs.some(({ outcomes }) => outcomes.blind === "none")) return {};
  const [isBlindRight, rest] = [new Moments(), new Moments()];
  let [right, both] = [0, 0];
  for (const { b, cluster, outcomes } of pairs) {
    const isRight = outcomes.blind === "right";
    isBlindRight.add(isRight ? 1 : 0, cluster);
    if (!isRight) rest.add(b, cluster);
    if (outcomes.sighted === "right") right++;
    if (outcomes.sighted === "right" && isRight) both++;
  }
  return {
    solvable: {
      n: isBlindRight.successes,
      share: isBlindRight.successes / isBlindRight.n,
      ...defined({
        interval: withWidth(within(intervalOf(isBlindRight), [0, 1])?.interval),
        ofRight: right === 0 ? undefined : both / right,
      }),
    },
    ...(rest.n === 0
      ? {}
      : {
          rest: {
            value: rest.mean,
            ...defined({ interval: withWidth(within(intervalOf(rest), range)?.interval) }),
            n: rest.n,
          },
        }),
  };
}

type GroupGain = VisionGain["groups"][string][string];

function byGroup(pairs: readonly GainPair[], gained: (of: readonly GainPair[]) => GroupGain): VisionGain["groups"] {
  const groups = new Map<string, Map<string, GainPair[]>>();
  for (const pair of pairs) {
    for (const [group, value] of Object.entries(pair.groups)) {
      const values = groups.get(group) ?? new Map<string, GainPair[]>();
      groups.set(group, values);
      const members = values.get(value) ?? [];
      values.set(value, members);
      members.push(pair);
    }
  }
  return Object.fromEntries(
    [...groups].map(([group, values]) => [
      group,
      Object.fromEntries([...values].sort(([x], [y]) => (x < y ? -1 : 1)).map(([value, of]) => [value, gained(of)])),
    ]),
  );
}

/** A metric that is no mean of samples (F1, CIDEr, points over groups): as two runs of it are compared. */
async function ofWholeSplit(ways: TwoWays, metric: MetricResult, options: MeasureOptions): Promise<VisionGain> {
  const { sighted, blind } = ways;
  const compared = await measure(sighted.result.task, blind, sighted, options);
  const unscored = compared.samples.unscored + compared.samples.onlyA + compared.samples.onlyB;
  return {
    ...nothing,
    ...named(metric),
    value: compared.delta,
    ...defined({ interval: finite(compared.interval) }),
    n: compared.samples.paired,
    clusters: compared.samples.clusters,
    sighted: compared.b,
    blind: compared.a,
    leftOut: { unscored, withoutImage: 0 },
    // Sub-scores of both Results are of the same samples only where both ways scored all.
    groups: unscored === 0 ? groupsOf(sighted.result, blind.result) : {},
    notes: [
      ...compared.notes,
      unscored === 0
        ? `${metric.name} is no mean of samples: of sub-scores the difference is told without an interval`
        : `${metric.name} is no mean of samples, and some have no score one way or the other: of sub-scores no difference is told`,
    ],
  };
}

const finite = (interval: readonly [number, number] | undefined) =>
  interval?.every(Number.isFinite) ? interval : undefined;

function groupsOf(sighted: Result, blind: Result): VisionGain["groups"] {
  const gains = (group: string, values: Result["groups"][string]) =>
    Object.entries(values).flatMap(([value, [main]]) => {
      const other = blind.groups[group]?.[value]?.[0];
      if (main?.value == null || other?.value == null) return [];
      return [
        [value, { value: main.value - other.value, n: main.n, sighted: main.value, blind: other.value }] as const,
      ];
    });
  return Object.fromEntries(
    Object.entries(sighted.groups).map(([group, values]) => [group, Object.fromEntries(gains(group, values))]),
  );
}
