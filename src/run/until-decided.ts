/**
 * A run that stops once it is decided whether it is worse, better or as good as a run that is there: `--until decided --against RUN`.
 * Its samples are asked by cluster in an order that was drawn before the first answer; a look is taken after each block of the order,
 * whatever was answered meanwhile behind it: slow answers are often long and wrong, and must not be left out of a look.
 */
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import type { MetricResult } from "../core/metric-result.js";
import type { Task } from "../core/task.js";
import type { Until } from "../core/until.js";
import { ownValue, rangeOf, type SampleMetric } from "../record/outcome.js";
import type { SampleRecord } from "../record/samples.js";
import { rankOf } from "../record/selection.js";
import { BettingInterval, type ClusterSum } from "../statistics/betting.js";
import type { Pair } from "../statistics/paired-comparison.js";
import { SequentialComparison, type SequentialLook } from "../statistics/sequential-comparison.js";
import type { InformativeOrder } from "./informative-order.js";
import { clusterOf, isRow, type Unit } from "./plan.js";

/** What a task of the other run says, read before the first question. */
export interface Baseline {
  /** The run, as the user named it, and as it names itself. */
  readonly name: string;
  readonly run: string;
  /** Of the task: the metric that is compared, and its value there. */
  readonly metric: SampleMetric & Pick<MetricResult, "value" | "method">;
  /** By row: the sample's cluster, and its score by that metric where it has one. */
  readonly samples: ReadonlyMap<number, { readonly cluster: string; readonly value: number | undefined }>;
}

export interface UntilRules {
  /** Of any wrong verdict about this task. */
  readonly alpha: number;
  /** Less than this is equal: points for fractions and percentages, per cent of the other run's value for other units. */
  readonly delta: number;
  readonly seed: number;
  /** Absent: every cluster in its turn. */
  readonly order?: InformativeOrder;
}

/** Samples between two looks, at least; whole clusters. */
const block = 48;

interface Cluster {
  readonly name: string;
  readonly units: Unit[];
  /** Where it stands, and how its samples weigh; known once all its rows are. */
  rank: number;
  later: boolean;
  weight: number;
  readonly pairs: Pair[];
  /** Samples that one side or both have no score for. */
  readonly unpaired: Unpaired[];
  /** Samples without an outcome. */
  open: number;
}

interface Unpaired extends Partial<Pick<Pair, "a" | "b">> {
  readonly weight: number;
}

/** Of one cluster. */
interface Sum extends ClusterSum {
  readonly weight: number;
}

export class UntilDecided {
  private readonly clusters: Cluster[] = [];
  private readonly byRow = new Map<number, Cluster>();
  /** Of each cluster, what the other run has of it. */
  private readonly rowsThere = new Map<string, number[]>();
  private readonly sums: Sum[] = [];
  private readonly scale: Scale;
  private comparison: SequentialComparison | undefined;
  /** Clusters at the head of the order that are complete and counted. */
  private counted = 0;
  private countedSamples = 0;
  private sinceLook = 0;
  private looks = 0;
  private last: SequentialLook | undefined;
  private gained = 0;
  private lost = 0;
  private readonly unpaired: Unpaired[] = [];
  private total = 0;

  constructor(
    private readonly task: Task,
    private readonly baseline: Baseline,
    private readonly rules: UntilRules,
  ) {
    this.scale = scaleOf(baseline, rules.delta);
    for (const [row, { cluster }] of baseline.samples) {
      const rows = this.rowsThere.get(cluster);
      if (rows) rows.push(row);
      else this.rowsThere.set(cluster, [row]);
    }
  }

  /** The samples of a plan in the order drawn, until nothing more needs to be asked. All rows are read first, and held. */
  async *inOrder(units: AsyncIterable<Unit>): AsyncGenerator<Unit> {
    const found = new Map<string, Cluster>();
    for await (const unit of units) {
      const name = this.baseline.samples.get(unit.index)?.cluster ?? clusterOf(this.task, unit);
      const cluster = found.get(name) ?? {
        name,
        ...{ rank: 0, later: false, weight: 1 },
        units: [],
        pairs: [],
        unpaired: [],
        open: 0,
      };
      found.set(name, cluster);
      cluster.units.push(unit);
      cluster.open++;
      this.byRow.set(unit.index, cluster);
      this.total++;
    }
    let largest = 1;
    for (const cluster of found.values()) largest = Math.max(largest, this.place(cluster));
    this.clusters.push(...[...found.values()].sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1)));
    this.comparison = new SequentialComparison({ ...this.rules, delta: this.scale.delta, largest });
    for (const { name, later, units: members } of this.clusters) {
      const place = later ? { later } : {};
      for (const unit of members) {
        if (this.last?.verdict) return;
        yield isRow(unit) ? { ...unit, ...place, cluster: name } : { ...unit, ...place };
      }
    }
  }

  /** @returns its samples, each times the weight that it has if it is drawn */
  private place(cluster: Cluster): number {
    const { seed, order } = this.rules;
    const { name, units } = cluster;
    // Of the whole cluster, although `--limit` may cut it: a larger limit must find it in the place where its first answers were kept.
    const chance = order?.chanceOf(this.rowsThere.get(name) ?? units.map(({ index }) => index)) ?? 1;
    cluster.later = order?.isLater(seed, name, chance) ?? false;
    cluster.rank = rankOf(seed, name, cluster.later);
    cluster.weight = cluster.later ? 0 : 1 / chance;
    return units.length / chance;
  }

  /** A sample has its outcome for this run: a score, or why it has none. */
  saw(record: Pick<SampleRecord, "index" | "score">): void {
    const cluster = this.byRow.get(record.index);
    if (!cluster || cluster.open === 0) return;
    cluster.open--;
    const scaled = (value: number | undefined) => (value === undefined ? undefined : this.scale.of(value));
    const a = scaled(this.baseline.samples.get(record.index)?.value);
    const b = scaled(record.score?.status === "scored" ? ownValue(record.score, this.baseline.metric) : undefined);
    if (a !== undefined && b !== undefined) cluster.pairs.push({ a, b, cluster: cluster.name });
    else cluster.unpaired.push({ weight: cluster.weight, ...defined({ a, b }) });
    this.advance();
  }

  /** What is decided, or is not. Its numbers are of the order's head alone: equal runs give equal ones, however fast answers came. */
  get outcome(): Until {
    const { baseline, rules, scale, counted, looks, last, gained, lost } = this;
    const through = this.clusters[counted - 1];
    const isWhole = counted === this.clusters.length;
    const shown = ([low, high]: readonly [number, number]) => [scale.shown(low), scale.shown(high)] as const;
    const ordered = (pair: readonly [number, number]): readonly [number, number] =>
      scale.sign > 0 ? pair : [pair[1], pair[0]];
    // Once all are in, each counts once.
    const weightOf = ({ weight }: { readonly weight: number }) => (isWhole ? 1 : weight);
    const sum = total(this.sums.map((one) => weightOf(one) * one.sum));
    const size = total(this.sums.map((one) => weightOf(one) * one.size));
    const unpaired = this.unpaired.map((one) => ({ ...one, weight: weightOf(one) }));
    return {
      against: baseline.name,
      run: baseline.run,
      metric: baseline.metric.name,
      ...{ alpha: rules.alpha, delta: rules.delta, seed: rules.seed },
      ...defined({ order: rules.order?.digest }),
      through: through?.rank ?? 0,
      verdict: last?.verdict ?? "undecided",
      ...(last && last.n > 0
        ? {
            difference: scale.shown(sum / size),
            interval: ordered(shown(last.interval)),
            // Drawn with unequal chances, the samples asked say nothing of those left that holds at every look.
            ...(rules.order && !isWhole ? {} : { forecast: ordered(shown(this.forecast())) }),
          }
        : {}),
      p: this.comparison?.p(isWhole) ?? 1,
      ...{ looks, samples: this.countedSamples, of: this.total, clusters: counted, gained, lost },
      ...(unpaired.length > 0
        ? {
            unscored: {
              here: unpaired.filter(({ b }) => b === undefined).length,
              there: unpaired.filter(({ a }) => a === undefined).length,
            },
            bounds: ordered(shown(boundsOf({ sum, size }, unpaired))),
          }
        : {}),
    };
  }

  /** Counts clusters from the head of the order on, as far as they are complete, and looks at the end of each block. */
  private advance(): void {
    for (;;) {
      const cluster = this.clusters[this.counted];
      if (!cluster || cluster.open > 0 || !this.comparison || this.last?.verdict) return;
      this.counted++;
      this.countedSamples += cluster.units.length;
      this.sinceLook += cluster.units.length;
      // Answers end in any order; their sums must not depend on it.
      const pairs = cluster.pairs.toSorted((x, y) => x.b - x.a - (y.b - y.a));
      this.comparison.add(pairs, cluster.weight);
      if (pairs.length > 0) {
        this.sums.push({
          sum: total(pairs.map(({ a, b }) => b - a)),
          size: pairs.length,
          weight: cluster.weight,
        });
      }
      this.gained += pairs.filter(({ a, b }) => b > a).length;
      this.lost += pairs.filter(({ a, b }) => b < a).length;
      this.unpaired.push(...cluster.unpaired);
      const isWhole = this.counted === this.clusters.length;
      const isLastDrawn = !cluster.later && this.clusters[this.counted]?.later === true;
      // What stands behind the others brings nothing to bet on.
      if (!isWhole && !isLastDrawn && (cluster.later || this.sinceLook < block)) continue;
      this.sinceLook = 0;
      this.looks++;
      this.last = isWhole ? this.comparison.end() : this.comparison.look();
    }
  }

  /** Between which ends the whole run's difference will lie, 95 %. Never a verdict: of two equal models one is always a little ahead. */
  private forecast(): readonly [number, number] {
    const empty = this.counted - this.sums.length;
    const largest = Math.max(1, ...this.clusters.map(({ units }) => units.length));
    const interval = new BettingInterval(0.05, { largest, population: this.clusters.length - empty });
    for (const sum of this.sums) interval.add(sum);
    return interval.look().interval;
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The difference over all samples, if what is unscored had been lost throughout, or won. */
function boundsOf({ sum, size }: ClusterSum, unpaired: readonly Unpaired[]): readonly [low: number, high: number] {
  const all = size + total(unpaired.map(({ weight }) => weight));
  const lost = total(unpaired.map(({ a = 1, b = 0, weight }) => weight * (b - a)));
  const won = total(unpaired.map(({ a = 0, b = 1, weight }) => weight * (b - a)));
  return [(sum + lost) / all, (sum + won) / all];
}

interface Scale {
  /** Better is more, and the whole range is 1. */
  of(value: number): number;
  /** A difference as the metric shows it. */
  shown(difference: number): number;
  readonly sign: 1 | -1;
  readonly delta: number;
}

/** @throws UserError  the metric is no mean of samples' scores between known ends */
function scaleOf({ name, metric, samples }: Baseline, delta: number): Scale {
  const refuse = (why: string) =>
    new UserError(
      `${metric.name} cannot be decided early: ${why}`,
      `--until decided, --against ${name}`,
      "run the whole benchmark, then compare",
    );
  const range = rangeOf(metric);
  if (metric.direction === "neither") throw refuse("neither more nor less of it is better");
  if (!range) throw refuse("no ends are known for one sample's score");
  const values = [...samples.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (metric.value === null || values.length === 0) throw refuse("the other run has no score");
  const mean = total(values) / values.length;
  const { value } = metric;
  const factor = [1, 100].find((scale) => Math.abs(mean * scale - value) <= 1e-9 * Math.max(1, Math.abs(value)));
  // F1 is the accuracy when misses are as many as false alarms, and no mean of scores even then.
  if (factor === undefined || metric.method === "bootstrap") throw refuse("it is no mean of its samples' scores");
  const width = range[1] - range[0];
  const sign = metric.direction === "lower" ? -1 : 1;
  const inUnit =
    metric.unit === "fraction" ? delta / 100 : metric.unit === "percent" ? delta : (Math.abs(value) * delta) / 100;
  return {
    of: (score) => (sign * (score - range[0])) / width,
    shown: (difference) => sign * difference * width * factor,
    sign,
    delta: inUnit / factor / width,
  };
}
