/** What the image was worth, from two journals: paired, per sub-score, and never moved by a failure. */
import { expect, test } from "vitest";
import { visionGain } from "../../src/board/vision-gain.js";
import type { Metric, Sample } from "../../src/core/metric.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import { openRun } from "../../src/record/read.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { failedSample, meanMetric, sample, temporaryFolder, writeRun } from "./run-fixture.js";

const groups = (i: number) => ({ kind: i < 4 ? "few" : "many" });
const both = (values: readonly (number | undefined)[], more: (i: number) => object = () => ({})): SampleRecord[] =>
  values.map((value, i) =>
    value === undefined
      ? { ...failedSample(i), groups: groups(i) }
      : sample(i, value, { groups: groups(i), ...more(i) }),
  );
const sides = async (
  root: string,
  seen: readonly SampleRecord[],
  unseen: readonly SampleRecord[],
  more: object = {},
) => {
  const side = async (name: string, samples: readonly SampleRecord[]) => {
    const run = await openRun(await writeRun(root, name, { tasks: { t: { samples, ...more } } }));
    return { run, result: run.results.get("t") as NonNullable<ReturnType<typeof run.results.get>> };
  };
  return { sighted: await side("seen", seen), blind: await side("unseen", unseen) };
};
const options = { alpha: 0.05, seed: 0, replicates: 100, metricsOf: async () => undefined };

test("pairs alone count: what one way has no score of, and what shows no image, is left out and counted", async () => {
  await using folder = await temporaryFolder();
  const noImage = (i: number) => (i === 7 ? { images: undefined } : {});
  const seen = both([1, 1, 1, 1, 1, 1, undefined, 1], noImage);
  const unseen = both([0, 0, 1, undefined, 1, 0, 1, 1], noImage);
  const gain = await visionGain(await sides(folder.dir, seen, unseen), options);
  // 0, 1, 2, 4, 5 are scored both ways and show an image.
  expect(gain).toMatchObject({
    value: 3 / 5,
    sighted: 1,
    blind: 2 / 5,
    n: 5,
    leftOut: { unscored: 2, withoutImage: 1 },
  });
  expect(gain.solvable).toMatchObject({ n: 2, share: 2 / 5, ofRight: 2 / 5 });
  expect(gain.rest).toMatchObject({ value: 1, n: 3 });
  expect(gain.groups.kind).toMatchObject({
    few: {
      value: expect.closeTo(2 / 3, 12),
      n: 3,
      solvable: { n: 1, share: expect.closeTo(1 / 3, 12), ofRight: 1 / 3 },
    },
    many: { value: 1 / 2, n: 2, solvable: { n: 1, share: 1 / 2 }, rest: { value: 1, n: 1 } },
  });
  expect(gain.groups.kind?.few?.rest).toMatchObject({ value: 1, n: 2 });
});

/** No mean of samples: twice the mean. */
const twice: MetricResult = { name: "twice", unit: "ratio", direction: "higher", value: 2, n: 8 };
const fold: Metric = {
  ...{ name: "twice", unit: "ratio", direction: "higher" },
  start() {
    const values: number[] = [];
    return {
      add({ score }: Sample) {
        if (score.status === "scored") values.push(score.value as number);
      },
      finish: () => ({ value: (2 * values.reduce((sum, x) => sum + x, 0)) / values.length, n: values.length }),
    };
  },
};
const bySplit = { ...options, metricsOf: async () => [fold] };

test("a metric of whole splits: sub-scores are compared where both ways scored every sample, and nowhere else", async () => {
  await using folder = await temporaryFolder();
  const groupResult = { kind: { few: [{ ...twice, value: 1.5, n: 4 }], many: [{ ...twice, value: 2, n: 4 }] } };
  const more = { metrics: [twice], result: { groups: groupResult } };
  const whole = await visionGain(
    await sides(folder.dir, both([1, 1, 1, 1, 1, 1, 1, 1]), both([0, 1, 0, 1, 0, 1, 0, 1]), more),
    bySplit,
  );
  expect(whole).toMatchObject({ value: 1, sighted: 2, blind: 1, n: 8, groups: { kind: { few: { value: 0 } } } });

  await using other = await temporaryFolder();
  const failed = await sides(other.dir, both([1, 1, 1, 1, 1, 1, 1, 1]), both([0, undefined, 0, 1, 0, 1, 0, 1]), more);
  const gain = await visionGain(failed, bySplit);
  expect(gain).toMatchObject({ n: 7, groups: {}, leftOut: { unscored: 1 } });
  expect(gain.notes).toContainEqual(expect.stringContaining("of sub-scores no difference is told"));
});

test("a task without a metric that has a direction has no gain, and says why", async () => {
  await using folder = await temporaryFolder();
  const counted: MetricResult = { ...meanMetric([1, 0]), direction: "neither" };
  const gain = await visionGain(await sides(folder.dir, both([1, 0]), both([0, 0]), { metrics: [counted] }), options);
  expect(gain).toMatchObject({ value: null, n: 0, notes: ["the task has no metric with a direction"] });
});
