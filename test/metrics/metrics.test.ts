import { expect, test } from "vitest";
import type { Scoring } from "../../src/core/score.js";
import { circularAccuracy } from "../../src/metrics/circular.js";
import { mean } from "../../src/metrics/mean.js";
import { meanOfGroups } from "../../src/metrics/mean-of-groups.js";
import { relativeScore } from "../../tasks/llava_bench/relative-score.js";
import { folded } from "./folds.js";

const accuracy = mean("accuracy");

test("mean ignores unscored samples and bounds the value by them", async () => {
  const result = await folded(accuracy, [{ value: 1 }, { value: 0 }, { unscored: true }, { unscored: true }]);
  expect(result).toMatchObject({ value: 0.5, n: 2, bounds: [0.25, 0.75], method: "wilson" });
});

test("mean of nothing is null with a reason, never 0", async () => {
  expect(await folded(accuracy, [])).toMatchObject({ value: null, n: 0, note: "no sample was scored" });
  expect(await folded(accuracy, [{ unscored: true }])).toMatchObject({ value: null, n: 0, bounds: [0, 1] });
});

test("mean takes one value of a record and leaves samples without it out", async () => {
  const lines = [{ value: { rec: 1, ocr: 0 } }, { value: { rec: 0 } }, { value: { ocr: 1 } }];
  expect(await folded(mean("rec", { of: "rec" }), lines)).toMatchObject({ value: 0.5, n: 2 });
});

test("mean respects clusters: two copies of one image say no more than one", async () => {
  const once = [0, 1, 1, 0, 1].map((value, i) => ({ value, cluster: `image ${i}` }));
  const twice = [...once, ...once];
  const alone = await folded(accuracy, once);
  const doubled = await folded(accuracy, twice);
  expect(doubled.method).toBe("clustered");
  expect(doubled.stderr ?? 0).toBeGreaterThan(0.8 * (alone.stderr ?? 1) * Math.sqrt(4 / 5));
});

test("a mean's interval ends where its scale does, unless its scores are of another scale", async () => {
  const of = async (values: readonly number[], metric = accuracy) =>
    (
      await folded(
        metric,
        values.map((value) => ({ value })),
      )
    ).interval;
  expect((await of([1, 1, 1, 0.3]))?.[1]).toBe(1);
  expect((await of([0, 0, 0, 0.6]))?.[0]).toBe(0);
  expect((await of([90, 100, 100], mean("rating", { range: [0, 100] })))?.[1]).toBe(100);
  const [low, high] = (await of([55, 56, 57])) ?? [];
  expect(low).toBeLessThan(56);
  expect(high).toBeGreaterThan(56);
});

test("meanOfGroups weighs a group of one like a group of three", async () => {
  const metric = meanOfGroups("average", { group: "task" });
  const lines = [1, 1, 1].map((value) => ({ value, groups: { task: "a" } }));
  expect(await folded(metric, [...lines, { value: 0, groups: { task: "b" } }])).toMatchObject({ value: 0.5, n: 4 });
});

test("meanOfGroups says by the scoring what a weighted group without a sample is: no mean, none of it, or 0", async () => {
  const metric = meanOfGroups("average", {
    ...{ group: "task", weights: { a: 1, b: 1, c: 1 } },
    missing: (_, scoring) => (scoring === "official" ? "undefined" : scoring === "lmms-eval" ? "zero" : "left out"),
  });
  const lines = [
    { value: 1, groups: { task: "a" } },
    { value: 0.5, groups: { task: "b" } },
  ];
  const value = async (scoring: Scoring) => {
    const { value, note } = await folded(metric, lines, scoring);
    return note ?? value;
  };
  expect(await value("official")).toBe("no sample of task c was scored");
  expect(await value("lmms-eval")).toBe(0.5);
  expect(await value("vlmevalkit")).toBe(0.75);
});

test("meanOfGroups leaves a group without a score out and shows what it could have changed", async () => {
  const metric = meanOfGroups("average", { group: "task" });
  const lines = [
    { value: 1, groups: { task: "a" } },
    { unscored: true as const, groups: { task: "b" } },
  ];
  expect(await folded(metric, lines)).toMatchObject({ value: 1, n: 1, bounds: [0.5, 1] });
});

const pass = (cluster: string, value: number, first = false) => ({ cluster, value, data: { first } });

test("circularAccuracy counts a question once, and only if every pass is right", async () => {
  const lines = [pass("1", 1, true), pass("2", 1, true), pass("1", 1), pass("2", 0), pass("1", 1)];
  expect(await folded(circularAccuracy("c"), lines)).toMatchObject({ value: 0.5, n: 2 });
});

test("circularAccuracy knows a wrong question despite an unscored pass, and not a right one", async () => {
  const lost = { cluster: "1", unscored: true as const };
  expect(await folded(circularAccuracy("c"), [pass("1", 0, true), lost])).toMatchObject({ value: 0, n: 1 });
  const open = await folded(circularAccuracy("c"), [pass("1", 1, true), lost, pass("2", 1, true)]);
  expect(open).toMatchObject({ value: 1, n: 1, bounds: [0.5, 1] });
});

test("circularAccuracy of lmms-eval drops questions whose first pass is missing", async () => {
  const lines = [pass("1", 1, true), pass("2", 0)];
  expect(await folded(circularAccuracy("c"), lines, "lmms-eval")).toMatchObject({ value: 1, n: 1 });
  expect(await folded(circularAccuracy("c"), lines)).toMatchObject({ value: 0.5, n: 2 });
});

test("relativeScore is a ratio of means, rounded as the authors print it", async () => {
  const lines = [
    { value: { reference: 8, model: 6 } },
    { value: { reference: 7, model: 7 } },
    { value: { reference: 9, model: 4 } },
  ];
  const result = await folded(relativeScore("r"), lines);
  expect(result).toMatchObject({ value: 70.8, n: 3, method: "bootstrap" });
  expect(result.interval?.[0]).toBeLessThan(70.8);
});

test("relativeScore is null when the reference has no points, and is bounded by what the judge's scale allows", async () => {
  expect((await folded(relativeScore("r"), [{ value: { reference: 0, model: 5 } }])).value).toBeNull();
  const result = await folded(relativeScore("r"), [{ value: { reference: 10, model: 5 } }, { unscored: true }]);
  expect(result).toMatchObject({ value: 50, n: 1, bounds: [(100 * (5 + 1)) / (10 + 10), (100 * (5 + 10)) / (10 + 1)] });
});

test("the value without guesses counts drawn letters as wrong, and is absent when none was right", async () => {
  const guess = (value: number) => ({ value, remark: "unparsable" as const });
  expect(await folded(accuracy, [{ value: 1 }, guess(1), guess(0), { value: 0 }])).toMatchObject({
    value: 0.5,
    withoutGuesses: 0.25,
  });
  expect((await folded(accuracy, [{ value: 1 }, guess(0)])).withoutGuesses).toBeUndefined();
  const grouped = [
    { value: 1, groups: { task: "a" } },
    { ...guess(1), groups: { task: "b" } },
  ];
  expect(await folded(meanOfGroups("average", { group: "task" }), grouped)).toMatchObject({
    value: 1,
    withoutGuesses: 0.5,
  });
  const passes = [pass("1", 1, true), { ...pass("1", 1), ...guess(1) }, pass("2", 1, true)];
  expect(await folded(circularAccuracy("c"), passes)).toMatchObject({ value: 1, withoutGuesses: 0.5 });
});
