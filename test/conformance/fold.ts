/** Runs a metric over scored samples outside a run: what conformance files with whole-split results need. */

import { defined } from "../../src/core/defined.js";
import type { Metric, MetricValue, Sample } from "../../src/core/metric.js";
import type { Scored, Scoring } from "../../src/core/score.js";

export interface FoldInput {
  readonly value: Scored["value"];
  /** Default: its place. */
  readonly id?: string;
  readonly data?: Scored["data"];
  readonly answer?: string;
  readonly targets?: Scored["targets"];
  /** Default: each sample is a cluster of its own. */
  readonly cluster?: string;
  readonly groups?: Readonly<Record<string, string>>;
}

/** The metric's value over the samples, in the order given; null when it is undefined. */
export function foldValue(metric: Metric, inputs: readonly FoldInput[], scoring: Scoring = "official"): number | null {
  const fold = metric.start({ seed: 0, scoring });
  inputs.forEach(({ value, id = "", data, answer = "", targets, cluster, groups = {} }, i) => {
    const score: Scored = { status: "scored", value, answer, ...defined({ data, targets }) };
    const sample: Sample = { index: i, id: id || String(i), score, cluster: cluster ?? String(i), groups };
    fold.add(sample);
  });
  const result = fold.finish();
  if (result instanceof Promise) throw new TypeError(`the metric "${metric.name}" is asynchronous`);
  return (result as MetricValue).value;
}
