/** The unweighted mean of group means: BLINK's average of tasks, MMStar's average of fine categories. */

import type { Metric, MetricValue } from "../core/metric.js";
import { type Interval, tInterval, within } from "../statistics/intervals.js";
import { Moments } from "../statistics/moments.js";
import { type MeanOptions, sampleValue } from "./mean.js";

export interface MeanOfGroupsOptions extends Omit<MeanOptions, "direction"> {
  /** The task's group whose values are averaged; samples outside every group are left out. */
  readonly group: string;
}

interface Group {
  readonly moments: Moments;
  unscored: number;
}

/** Mean over the values of one of the task's groups, each weighted the same; groups without a scored sample are left out. */
export function meanOfGroups(name: string, options: MeanOfGroupsOptions): Metric {
  const { group: groupName, of, unit = "fraction", range = [0, 1], perGroup } = options;
  return {
    name,
    unit,
    direction: "higher",
    range,
    ...(of === undefined ? {} : { of }),
    ...(perGroup === undefined ? {} : { perGroup }),
    start() {
      const groups = new Map<string, Group>();
      return {
        add(sample) {
          const key = sample.groups[groupName];
          if (key === undefined) return;
          const group = groups.get(key) ?? { moments: new Moments(), unscored: 0 };
          groups.set(key, group);
          const value = sampleValue(sample, of);
          if (value !== undefined) group.moments.add(value, sample.cluster);
          else if (sample.score.status === "unscored") group.unscored++;
        },
        finish: () => average([...groups.values()], range),
      };
    },
  };
}

function average(groups: readonly Group[], range: readonly [low: number, high: number]): MetricValue {
  const [low, high] = range;
  const filled = groups.filter(({ moments }) => moments.n > 0);
  const n = filled.reduce((sum, { moments }) => sum + moments.n, 0);
  if (n === 0) return { value: null, n, note: "no sample was scored" };
  const meanOf = (of: readonly Group[], value: (group: Group) => number) =>
    of.reduce((sum, group) => sum + value(group), 0) / of.length;
  const value = meanOf(filled, ({ moments }) => moments.mean);
  const filledUp = (each: number) => (group: Group) =>
    ((group.moments.n === 0 ? 0 : group.moments.mean * group.moments.n) + each * group.unscored) /
    (group.moments.n + group.unscored);
  const unscored = groups.some((group) => group.unscored > 0);
  return {
    value,
    n,
    ...within(spread(filled, value), range),
    ...(unscored ? { bounds: [meanOf(groups, filledUp(low)), meanOf(groups, filledUp(high))] as const } : {}),
  };
}

/** The groups are fixed, their samples are drawn: the variance is that of a stratified mean. */
function spread(groups: readonly Group[], value: number): Interval | undefined {
  if (groups.some(({ moments }) => moments.n < 2)) return undefined;
  const clustered = groups.some(({ moments }) => moments.isClustered);
  const variance = groups.reduce((sum, { moments }) => {
    const stderr = moments.isClustered ? moments.clusteredStderr : moments.stderr;
    return sum + stderr ** 2;
  }, 0);
  const stderr = Math.sqrt(variance) / groups.length;
  const units = groups.reduce((sum, { moments }) => sum + (moments.isClustered ? moments.clusterCount : moments.n), 0);
  const interval = tInterval(value, stderr, units - groups.length);
  return { stderr, interval, method: clustered ? "clustered" : "t" };
}
