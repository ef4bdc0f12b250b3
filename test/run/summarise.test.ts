import { expect, test } from "vitest";
import type { Score } from "../../src/core/score.js";
import type { Task } from "../../src/core/task.js";
import { mean } from "../../src/metrics/mean.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { type ResultHead, type SummaryRules, summarise } from "../../src/run/summarise.js";
import { readingOf } from "../../src/text/visible-answer.js";

const task = {
  name: "t",
  splits: { test: {} },
  metrics: [mean("accuracy")],
  groups: { kind: () => "" },
} as unknown as Task;
const head: ResultHead = {
  task: "t",
  version: 1,
  model: "m",
  fingerprint: {},
  scoring: "official",
  promptProfile: "default",
  generation: {},
  seed: 0,
  repeats: 1,
  dataset: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: 4, expectedRows: 4 },
};
const rules: SummaryRules = {
  maxFailed: { count: 0 },
  demo: false,
  answers: "public",
  reading: readingOf("official"),
  total: undefined,
};

async function* records(
  scores: readonly (Score | number)[],
  kinds: readonly string[] = [],
): AsyncGenerator<SampleRecord> {
  for (const [index, score] of scores.entries()) {
    const kind = kinds[index];
    yield {
      index,
      id: String(index),
      cluster: String(index),
      text: "t",
      ...(kind ? { groups: { kind } } : {}),
      ...(typeof score === "number"
        ? { state: "scored", score: { status: "scored", value: score, answer: "t" } }
        : { state: score.status === "scored" ? "scored" : "answered", score }),
    } as SampleRecord;
  }
}
const failed: Score = { status: "unscored", reason: "transport", detail: "reset" };

test("unscored samples are outside the value and inside the bounds", async () => {
  const result = await summarise(task, head, records([1, 0, 1, failed]), rules);
  expect(result.metrics[0]).toMatchObject({ value: 2 / 3, n: 3, bounds: [0.5, 0.75] });
  expect(result.n).toEqual({ total: 4, scored: 3, unscored: { refused: 0, transport: 1, judge: 0, data: 0 } });
});

test("above --max-failed a result is incomplete: by count, by percent, none by default", async () => {
  const flags = async (maxFailed: SummaryRules["maxFailed"]) =>
    (await summarise(task, head, records([1, 1, 1, failed]), { ...rules, maxFailed })).flags;
  expect(await flags({ count: 0 })).toEqual(["incomplete"]);
  expect(await flags({ count: 1 })).toEqual([]);
  expect(await flags({ percent: 24 })).toEqual(["incomplete"]);
  expect(await flags({ percent: 25 })).toEqual([]);
});

test("samples that were never asked count as unscored and widen the bounds", async () => {
  const result = await summarise(task, head, records([1, 1]), { ...rules, total: 4 });
  expect(result.n).toMatchObject({ total: 4, scored: 2, unscored: { transport: 2 } });
  expect(result.metrics[0]).toMatchObject({ value: 1, bounds: [0.5, 1] });
  expect(result.flags).toEqual(["incomplete"]);
  expect(result.notes.join()).toContain("2 samples were not asked");
});

test("every group value has its own metrics with n and interval", async () => {
  const { groups } = await summarise(task, head, records([1, 0, 1, 1], ["b", "a", "a", "b"]), rules);
  expect(Object.keys(groups.kind ?? {})).toEqual(["a", "b"]);
  expect(groups.kind?.a?.[0]).toMatchObject({ value: 0.5, n: 2, interval: expect.any(Array) });
  expect(groups.kind?.b?.[0]).toMatchObject({ value: 1, n: 2 });
});

test("a limited result is partial, one of another row count says so", async () => {
  expect((await summarise(task, { ...head, limit: 2 }, records([1, 1, 1]), rules)).n.total).toBe(2);
  expect((await summarise(task, { ...head, limit: 2 }, records([1, 1]), rules)).flags).toEqual(["partial"]);
  const other = { ...head, dataset: { ...head.dataset, rows: 5 } };
  expect((await summarise(task, other, records([1]), rules)).notes).toEqual([
    "the split has 5 rows; the benchmark has 4",
  ]);
});

test("labels are counted", async () => {
  const unparsable: Score = { status: "scored", value: 0, answer: "", remark: "unparsable" };
  expect((await summarise(task, head, records([unparsable, 1, unparsable]), rules)).remarks.unparsable).toBe(2);
});

test("a smaller limit by cluster leaves out later clusters of a longer journal", async () => {
  const circular = { ...task, limitByCluster: true };
  const passes = (async function* () {
    for (const [index, cluster] of ["a", "b", "c", "a", "b", "c"].entries())
      yield {
        index,
        id: String(index),
        state: "scored",
        cluster,
        text: "",
        score: { status: "scored", value: cluster === "c" ? 0 : 1, answer: "" },
      } satisfies SampleRecord;
  })();
  const result = await summarise(circular, { ...head, limit: 2, limitByCluster: true }, passes, rules);
  expect(result.n).toMatchObject({ total: 4, scored: 4 });
  expect(result.metrics[0]?.value).toBe(1);
});
