import { expect, test } from "vitest";
import { entriesOf } from "../../src/board/leaderboard/collect.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import type { Result } from "../../src/core/result.js";
import type { Run } from "../../src/record/read.js";

const metric = (value: number, n: number): MetricResult => ({
  name: "accuracy",
  unit: "fraction",
  direction: "higher",
  value,
  n,
});
const result = {
  ...{ task: "mmmu", version: 1, model: "m", scoring: "official", promptProfile: "default", flags: [] },
  dataset: { source: "s", kind: "hub", split: "validation", licence: "apache-2.0" },
  n: { total: 10, scored: 9 },
  metrics: [metric(0.5, 9)],
  groups: { subject: { Art: [metric(0.75, 4)], Math: [metric(0.3, 5)] } },
} as unknown as Result;
const run = { dir: "/runs/a", manifest: {}, results: new Map([["mmmu", result]]) } as unknown as Run;

test("sub-scores are entries of their own when they are asked for, with their own n", () => {
  expect(entriesOf(run, "/runs").map(({ task }) => task)).toEqual(["mmmu"]);
  expect(entriesOf(run, "/runs", true).map(({ task, metrics, n }) => [task, metrics[0]?.value, n?.scored])).toEqual([
    ["mmmu", 0.5, 9],
    ["mmmu subject=Art", 0.75, 4],
    ["mmmu subject=Math", 0.3, 5],
  ]);
});
