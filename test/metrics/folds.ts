/** Runs a metric over samples that a test writes down in one line each. */
import { defined } from "../../src/core/defined.js";
import type { Metric, MetricValue, Sample } from "../../src/core/metric.js";
import type { Remark, Score, Scoring } from "../../src/core/score.js";

export type Line = Partial<Omit<Sample, "score">> & {
  readonly value?: number | Record<string, number>;
  readonly unscored?: true;
  readonly remark?: Remark;
} & {
  readonly data?: { readonly first: boolean };
};

export async function folded(
  metric: Metric,
  lines: readonly Line[],
  scoring: Scoring = "official",
): Promise<MetricValue> {
  const fold = metric.start({ seed: 1, scoring });
  lines.forEach(({ value = 0, unscored, data, remark, ...rest }, index) => {
    const score: Score = unscored
      ? { status: "unscored", reason: "transport", detail: "test" }
      : { status: "scored", value, answer: "", ...defined({ data }), ...(remark ? { remark } : {}) };
    fold.add({ index, id: String(index), cluster: String(index), groups: {}, ...rest, score });
  });
  return fold.finish();
}
