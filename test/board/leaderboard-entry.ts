import type { MetricResult } from "../../src/core/metric-result.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";

/** One entry of a full run. @param half half the width of the 95 % interval */
export function entry(
  model: string,
  task: string,
  value: number,
  more: Partial<LeaderboardEntry> = {},
  half = 0.01,
): LeaderboardEntry {
  const main: MetricResult = {
    name: "accuracy",
    unit: "fraction",
    direction: "higher",
    value,
    stderr: half / 1.96,
    interval: [value - half, value + half],
    method: "wilson",
    n: 1000,
  };
  return {
    ...{ model, task, version: 1, scoring: "official", promptProfile: "default" },
    ...{
      dataset: { source: `org/${task}`, split: "test", revision: "r1" },
      metrics: [main],
      n: { total: 1000, scored: 1000 },
    },
    ...{ flags: [], run: model, finishedAt: "2026-01-01T00:00:00.000Z", ...more },
  };
}
