/** What `compare` asks of folds: a value without an interval, and each sample's value where the metric is a mean in the end. */

import { expect, test } from "vitest";
import type { FoldContext, Metric, Sample } from "../../src/core/metric.js";
import { captionMetrics } from "../../src/metrics/caption-metrics.js";
import { relativeScore } from "../../tasks/llava_bench/relative-score.js";
import { yesNoMetric } from "../../tasks/pope/metrics.js";

const context: FoldContext = { seed: 0, scoring: "official" };

function sample(index: number, score: Partial<Extract<Sample["score"], { status: "scored" }>>): Sample {
  return {
    index,
    id: `q${index}`,
    cluster: `q${index}`,
    groups: {},
    score: { status: "scored", value: 0, answer: "", ...score },
  };
}

async function foldedValue(metric: Metric, samples: readonly Sample[], valueOnly: boolean) {
  const fold = metric.start({ ...context, valueOnly });
  for (const one of samples) fold.add(one);
  return await fold.finish();
}

const yesNo = Array.from({ length: 40 }, (_, i) =>
  sample(i, { data: { said: i % 3 === 0 ? "yes" : "no", truth: i % 2 === 0 ? "yes" : "no" } }),
);
const judged = Array.from({ length: 30 }, (_, i) => sample(i, { value: { reference: 8, model: 5 + (i % 3) } }));
const captions = Array.from({ length: 30 }, (_, i) =>
  sample(i * 2, {
    answer: i % 2 === 0 ? "a dog runs" : "a cat sits on a mat",
    targets: ["a dog runs fast", "the cat sits on the mat"],
  }),
);

test.each([
  ["F1", yesNoMetric("f1", "f1"), yesNo],
  ["relative score", relativeScore("relative"), judged],
  ["BLEU", captionMetrics({ names: ["Bleu_4"] })[0] as Metric, captions],
])("%s gives the same value without its interval", async (_, metric, samples) => {
  const whole = await foldedValue(metric, samples, false);
  const alone = await foldedValue(metric, samples, true);
  expect(whole.interval).toBeDefined();
  expect(alone.interval).toBeUndefined();
  expect(alone.value).toBe(whole.value);
});

test.each(["CIDEr", "ROUGE_L"] as const)(
  "%s is the mean of what its fold says of each sample, by index",
  async (name) => {
    const [metric] = captionMetrics({ names: [name] });
    const unscored: Sample = { ...sample(1, {}), score: { status: "unscored", reason: "data", detail: "" } };
    const samples = [captions[0] as Sample, unscored, ...captions.slice(1)];
    const fold = (metric as Metric).start(context);
    for (const one of samples) fold.add(one);
    const values = await fold.perSample?.();
    expect([...(values?.keys() ?? [])]).toEqual(captions.map(({ index }) => index));
    const mean = [...(values?.values() ?? [])].reduce((sum, value) => sum + value, 0) / captions.length;
    expect(mean).toBeCloseTo((await foldedValue(metric as Metric, samples, true)).value ?? Number.NaN, 12);
  },
);
