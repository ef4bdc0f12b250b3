import { expect, test } from "vitest";
import type { Metric, Sample } from "../../src/core/metric.js";
import type { Scoring } from "../../src/core/score.js";
import { total } from "../../src/metrics/total.js";
import { hallusionId, hallusionMetric } from "../../tasks/hallusion_bench/metrics.js";
import { mmeMetric, mmeScore } from "../../tasks/mme/metrics.js";
import { yesNoMetric } from "../../tasks/pope/metrics.js";

async function measured(metric: Metric, samples: readonly Partial<Sample>[], scoring: Scoring = "official") {
  const fold = metric.start({ seed: 1, scoring });
  samples.forEach((sample, index) => {
    fold.add({
      index,
      id: String(index),
      cluster: String(index),
      groups: {},
      score: { status: "scored", value: 0, answer: "" },
      ...sample,
    });
  });
  return fold.finish();
}

const said = (said: string, truth: string, category = "random"): Partial<Sample> => ({
  groups: { category },
  score: { status: "scored", value: said === truth ? 1 : 0, answer: said, data: { said, truth } },
});
const failed: Partial<Sample> = { score: { status: "unscored", reason: "refused", detail: "filter" } };

test("POPE's measures count the yes class; a text that is no answer counts against accuracy only", async () => {
  const samples = [said("yes", "yes"), said("yes", "no"), said("no", "yes"), said("no", "no"), said("maybe", "yes")];
  expect((await measured(yesNoMetric("p", "precision"), samples)).value).toBe(1 / 2);
  expect((await measured(yesNoMetric("r", "recall"), samples)).value).toBe(1 / 2);
  expect((await measured(yesNoMetric("f1", "f1"), samples)).value).toBe(1 / 2);
  expect((await measured(yesNoMetric("y", "yesRatio"), samples)).value).toBe(2 / 5);
  expect((await measured(yesNoMetric("y", "yesRatio"), samples, "lmms-eval")).value).toBe(3 / 5); // of the truths
});

test("an undefined measure is null, and 0 under lmms-eval's scoring", async () => {
  expect(await measured(yesNoMetric("p", "precision"), [said("no", "no")])).toMatchObject({ value: null, n: 1 });
  expect((await measured(yesNoMetric("p", "precision"), [said("no", "no")], "lmms-eval")).value).toBe(0);
});

test("the mean over categories weighs each the same, and says what it leaves out", async () => {
  const samples = [
    said("yes", "yes", "a"),
    said("yes", "yes", "a"),
    said("yes", "no", "b"),
    said("yes", "yes", "b"),
    failed,
  ];
  const value = await measured(yesNoMetric("f1", "f1", "category"), samples);
  expect(value.value).toBeCloseTo((1 + 2 / 3) / 2, 12);
  // Nobody knows which category the failed sample is of: no bounds, but a word.
  expect(value).toMatchObject({ note: "1 samples without a score are left out" });
  expect(value.bounds).toBeUndefined();
});

test("F1 is bounded by what its unscored answers could have been", async () => {
  const samples = [said("yes", "yes"), said("yes", "no"), failed];
  // Alone 2/3; the third a hit: 4/5; a miss: 1/2.
  expect(await measured(yesNoMetric("f1", "f1"), samples)).toMatchObject({ value: 2 / 3, bounds: [1 / 2, 4 / 5] });
  const known = { ...failed, groups: { category: "random" } };
  const byCategory = await measured(yesNoMetric("f1", "f1", "category"), [...samples.slice(0, 2), known]);
  expect(byCategory.bounds).toEqual([1 / 2, 4 / 5]);
});

const pair = (image: string, category: string, ...right: boolean[]): Partial<Sample>[] =>
  right.map((correct) => ({
    cluster: image,
    groups: { category },
    score: { status: "scored", value: correct ? 1 : 0, answer: "" },
  }));

test("MME adds accuracy and accuracy+ of complete pairs, and reports incomplete ones", async () => {
  const samples = [
    ...pair("a", "existence", true, true),
    ...pair("b", "existence", true, false),
    ...pair("c", "OCR", true),
    ...pair("d", "code_reasoning", true, true),
  ];
  const perception = await measured(mmeMetric("p", "perception"), samples);
  expect(perception).toMatchObject({ value: 75 + 50, n: 4, note: expect.stringContaining("1 images") });
  expect((await measured(mmeMetric("c", "cognition"), samples)).value).toBe(200);
  expect((await measured(mmeScore("s"), samples)).value).toBe(325);
  expect((await measured(mmeScore("s"), pair("c", "OCR", true))).value).toBeNull();
});

test("questions of two categories about one image are no pair of either: no value, never a number that is none", async () => {
  const samples = [...pair("a", "count", true), ...pair("a", "existence", true)];
  expect(await measured(mmeScore("s"), samples)).toMatchObject({ value: null, n: 0 });
});

test("an unscored answer leaves its image out of MME and inside the bounds", async () => {
  const lost = { ...failed, cluster: "b", groups: { category: "existence" } };
  const samples = [...pair("a", "existence", true, true), ...pair("b", "existence", true), lost];
  const value = await measured(mmeScore("s"), samples);
  // The lost answer wrong: three of four right, one of two images whole.
  expect(value).toMatchObject({ value: 200, n: 2, bounds: [75 + 50, 200] });
});

test("MME's interval holds its value: the categories are fixed, their images are drawn", async () => {
  const categories = ["color", "OCR", "scene"];
  const samples = categories.flatMap((category) =>
    ["a", "b", "c"].flatMap((image) => pair(`${category} ${image}`, category, true, image !== "a")),
  );
  const { value, interval } = await measured(mmeScore("s"), samples);
  expect(value).toBeCloseTo(3 * (100 * (5 / 6) + 100 * (2 / 3)), 9);
  expect(interval?.[0]).toBeLessThan(value ?? 0);
  expect(interval?.[1]).toBeGreaterThan(value ?? 0);
  // One image of a category says nothing about its others.
  const few = await measured(mmeScore("s"), [...samples, ...pair("x", "count", true, true)]);
  expect(few.interval).toBeUndefined();
});

const answer = (figure: string, question: string, correct: boolean, category = "VD"): Partial<Sample> => ({
  id: hallusionId({ category, subcategory: "x", set: "0", figure, question }),
  score: { status: "scored", value: correct ? 1 : 0, answer: "" },
});

test("HallusionBench's groups are right only as a whole, and a missing figure is none", async () => {
  const samples = [
    answer("0", "0", true),
    answer("0", "1", false),
    answer("1", "0", true),
    answer("0", "0", true, "VS"),
  ];
  expect((await measured(hallusionMetric("a", "answer"), samples)).value).toBe(75);
  expect((await measured(hallusionMetric("q", "question"), samples)).value).toBeCloseTo(200 / 3, 10);
  expect((await measured(hallusionMetric("f", "figure"), samples)).value).toBe(50);
  expect((await measured(hallusionMetric("f", "figure", true), samples)).value).toBeCloseTo(200 / 3, 10);
});

test("a figure with an unscored answer is open: outside HallusionBench's value and inside its bounds", async () => {
  const lost = { ...answer("0", "1", true), ...failed };
  const open = await measured(hallusionMetric("f", "figure"), [answer("0", "0", true), lost, answer("1", "0", true)]);
  expect(open).toMatchObject({ value: 100, n: 1, bounds: [50, 100] });
  expect(await measured(hallusionMetric("f", "figure"), [answer("0", "0", false), lost])).toMatchObject({
    value: 0,
    n: 1,
  });
});

test("a total is bounded by what its unscored samples could add", async () => {
  const one = { score: { status: "scored", value: 1, answer: "" } } as const;
  expect(await measured(total("points"), [one, one, failed])).toMatchObject({ value: 2, n: 2, bounds: [2, 3] });
});
