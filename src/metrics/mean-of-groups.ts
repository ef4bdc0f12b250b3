/** The unweighted mean of group means: BLINK's average of tasks, MMStar's average of fine categories. */

import { defined } from "../core/defined.js";
import type { Metric, MetricValue, Sample } from "../core/metric.js";
import type { Scoring } from "../core/score.js";
import { type Interval, tInterval, within } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { folded, isGuess, sampleValue } from "./folded.js";
import type { MeanOptions } from "./mean.js";

export interface MeanOfGroupsOptions extends Omit<MeanOptions, "direction"> {
  /** The task's group whose values are averaged; samples outside every group are left out. */
  readonly group: string;
  /** The share of each value, where they are not the same. Other values are left out; without one of these the mean is undefined. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Where the references take another mean when weighted values have no sample: without them, or with 0 for them. */
  missing?(values: readonly string[], scoring: Scoring): "undefined" | "left out" | "zero";
}

interface Group {
  readonly weight: number;
  readonly moments: Moments;
  unscored: number;
  /** The part of the sum that guesses have. */
  guessed: number;
}

/** Mean over the values of one of the task's groups, by default each weighted the same; then groups without a scored sample are left out. */
export function meanOfGroups(name: string, options: MeanOfGroupsOptions): Metric {
  const { group: groupName, weights, missing, of, unit = "fraction", range = [0, 1], perGroup } = options;
  return {
    name,
    unit,
    direction: "higher",
    range,
    ...defined({ of, perGroup }),
    start(context) {
      const fresh = (weight: number): Group => ({ weight, moments: new Moments(), unscored: 0, guessed: 0 });
      const groups = new Map(Object.entries(weights ?? {}).map(([key, weight]) => [key, fresh(weight)]));
      const groupOf = (sample: Sample): Group | undefined => {
        const key = sample.groups[groupName];
        if (key === undefined) return undefined;
        const group = groups.get(key) ?? (weights === undefined ? fresh(1) : undefined);
        if (group === undefined) return undefined;
        groups.set(key, group);
        return group;
      };
      return folded(
        {
          scored(sample) {
            const value = sampleValue(sample, of);
            const group = groupOf(sample);
            if (group === undefined || value === undefined) return;
            group.moments.add(value, sample.cluster);
            if (isGuess(sample)) group.guessed += value;
          },
          unscored(sample) {
            const group = groupOf(sample);
            if (group !== undefined) group.unscored++;
          },
          value() {
            const empty = weights ? [...groups].flatMap(([key, { moments }]) => (moments.n === 0 ? [key] : [])) : [];
            const then = empty.length === 0 ? "left out" : (missing?.(empty, context.scoring) ?? "undefined");
            if (then === "undefined")
              return { value: null, n: 0, note: `no sample of ${groupName} ${empty[0]} was scored` };
            return average([...groups.values()], range, then === "zero");
          },
          bounds: () => bounds([...groups.values()], range),
        },
        context,
      );
    },
  };
}

const meanOf = (groups: readonly Group[], value: (group: Group) => number) =>
  groups.reduce((sum, group) => sum + group.weight * value(group), 0) / totalWeight(groups);

const totalWeight = (groups: readonly Group[]) => groups.reduce((sum, { weight }) => sum + weight, 0);

/** @param zero groups without a sample count as 0 */
function average(groups: readonly Group[], range: readonly [low: number, high: number], zero: boolean): MetricValue {
  const filled = groups.filter(({ moments }) => moments.n > 0);
  const n = filled.reduce((sum, { moments }) => sum + moments.n, 0);
  if (n === 0) return { value: null, n };
  const counted = zero ? groups : filled;
  const value = meanOf(counted, ({ moments }) => (moments.n === 0 ? 0 : moments.mean));
  const withoutGuesses = meanOf(counted, ({ moments, guessed }) =>
    moments.n === 0 ? 0 : moments.mean - guessed / moments.n,
  );
  return {
    value,
    n,
    ...(filled.some(({ guessed }) => guessed > 0) ? { withoutGuesses } : {}),
    ...within(spread(counted, value), range),
  };
}

function bounds(
  groups: readonly Group[],
  [low, high]: readonly [low: number, high: number],
): readonly [low: number, high: number] | undefined {
  if (groups.length === 0) return undefined;
  const filledUp = (each: number) => (group: Group) =>
    ((group.moments.n === 0 ? 0 : group.moments.mean * group.moments.n) + each * group.unscored) /
    (group.moments.n + group.unscored);
  const counted = groups.filter(({ moments, unscored }) => moments.n + unscored > 0);
  return counted.length === 0 ? undefined : [meanOf(counted, filledUp(low)), meanOf(counted, filledUp(high))];
}

/** The groups are fixed, their samples are drawn: the variance is that of a stratified mean. */
function spread(groups: readonly Group[], value: number): Interval | undefined {
  const units = groups.map(({ moments }) => (moments.isClustered ? moments.clusterCount : moments.n));
  // One image says nothing of how far another may lie from it.
  if (units.some((count) => count < 2)) return undefined;
  const clustered = groups.some(({ moments }) => moments.isClustered);
  const variance = groups.reduce((sum, { weight, moments }) => {
    const stderr = moments.isClustered ? moments.clusteredStderr : moments.stderr;
    return sum + (weight * stderr) ** 2;
  }, 0);
  const stderr = Math.sqrt(variance) / totalWeight(groups);
  const interval = tInterval(value, stderr, units.reduce((sum, count) => sum + count, 0) - groups.length);
  return { stderr, interval, method: clustered ? "clustered" : "t" };
}
