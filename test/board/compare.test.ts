import { expect, test } from "vitest";
import { type CompareOptions, compare } from "../../src/board/compare/compare.js";
import { resolveSide } from "../../src/board/compare/side.js";
import type { Metric, Sample } from "../../src/core/metric.js";
import type { Result } from "../../src/core/result.js";
import type { SampleRecord, ScoredSample } from "../../src/record/samples.js";
import {
  type Folder,
  failedSample,
  meanMetric,
  type RunFixture,
  sample,
  temporaryFolder,
  writeRun,
} from "./run-fixture.js";

const options: CompareOptions = {
  alpha: 0.05,
  minEffect: 1,
  seed: 0,
  replicates: 200,
  flips: 5,
  force: false,
  metricsOf: async () => undefined,
};

/** 400 samples, three of four right. */
const right = (i: number) => (i % 4 === 0 ? 0 : 1);
const base = Array.from({ length: 400 }, (_, i) => sample(i, right(i)));
const spoiled = (samples: readonly SampleRecord[], share: number) =>
  samples.map((record, i) => (i % Math.round(1 / share) === 1 ? { ...sample(i, 0), text: "spoiled" } : record));

async function comparison(folder: Folder, a: RunFixture, b: RunFixture, more: Partial<CompareOptions> = {}) {
  const [dirA, dirB] = [await writeRun(folder.dir, "a", a), await writeRun(folder.dir, "b", b)];
  const sides = [await resolveSide(dirA, folder.dir), await resolveSide(dirB, folder.dir)] as const;
  return await compare(sides[0], sides[1], { ...options, ...more });
}

const valueOfSample = ({ score }: SampleRecord) => (score?.status === "scored" ? (score.value as number) : 0);

const only = (samples: readonly SampleRecord[], result: Partial<Result> = {}): RunFixture => ({
  tasks: { vqav2: { samples, result } },
});

test("a run with a tenth of its answers spoiled is a regression, and the flips show old and new answers", async () => {
  await using folder = await temporaryFolder();
  const { verdict, tasks } = await comparison(folder, only(base), only(spoiled(base, 0.1)));
  expect(verdict).toBe("regression");
  const [task] = tasks;
  expect(task?.delta).toBeLessThan(-0.05);
  expect(task?.p).toBeLessThan(0.001);
  expect(task?.interval?.[1]).toBeLessThan(0);
  expect(task?.flips.gained).toBe(0);
  expect(task?.flips.shown).toHaveLength(5);
  expect(task?.flips.shown[0]).toMatchObject({
    id: "q1",
    a: { text: "yes", value: 1 },
    b: { text: "spoiled", value: 0 },
    targets: ["yes"],
  });
  expect(task?.flips.shown[0]?.images).toEqual(["1".padStart(32, "0")]);
});

test("identical answers are no regression, however few", async () => {
  await using folder = await temporaryFolder();
  const few = base.slice(0, 8);
  const { verdict, tasks } = await comparison(folder, only(few), only(few));
  expect(verdict).toBe("no regression");
  expect(tasks[0]).toMatchObject({ delta: 0, p: 1, notes: ["all answers are identical"] });
});

test("a few flips each way among few samples are not enough evidence, and the smallest visible effect is stated", async () => {
  await using folder = await temporaryFolder();
  const other = base.map((record, i) => (i === 1 || i === 5 ? sample(i, 0) : i === 0 ? sample(i, 1) : record));
  const { verdict, tasks } = await comparison(folder, only(base), only(other));
  expect(verdict).toBe("not enough evidence");
  expect(tasks[0]?.smallestEffect).toBeGreaterThan(0.01);
  const wide = await comparison(folder, only(base), only(other), { minEffect: 5 });
  expect(wide.verdict).toBe("no regression");
});

test("p-values are adjusted for the number of tasks", async () => {
  await using folder = await temporaryFolder();
  // Eight lost, one gained: p = 0.039 alone.
  const other = base.map((record, i) => (i % 4 === 1 && i < 32 ? sample(i, 0) : i === 0 ? sample(i, 1) : record));
  const alone = await comparison(folder, only(base), only(other));
  expect(alone.tasks[0]?.p).toBeCloseTo(20 / 512, 6);
  expect(alone.verdict).toBe("regression");
  await using second = await temporaryFolder();
  const four = (changed: readonly SampleRecord[]): RunFixture => ({
    tasks: { gqa: { samples: changed }, a: { samples: base }, b: { samples: base }, c: { samples: base } },
  });
  const family = await comparison(second, four(base), four(other));
  expect(family.tasks.find(({ task }) => task === "gqa")).toMatchObject({
    verdict: "not enough evidence",
    pHolm: expect.closeTo(80 / 512, 6),
  });
});

test("samples of one image are one cluster: nine lost questions about one image are no evidence", async () => {
  await using folder = await temporaryFolder();
  const clustered = base.map((record, i) => ({ ...record, cluster: `image${Math.floor(i / 10)}` }));
  const other = clustered.map((record, i) =>
    i < 10 && right(i) === 1 ? { ...record, ...sample(i, 0), cluster: "image0" } : record,
  );
  const { tasks } = await comparison(folder, only(clustered), only(other));
  expect(tasks[0]).toMatchObject({ test: "paired-permutation", p: 1, verdict: "not enough evidence" });
});

test("unscored samples and samples that only one run has are left out of the pairs and counted", async () => {
  await using folder = await temporaryFolder();
  const other = [...base.slice(0, 3), failedSample(3), ...base.slice(4, 390)];
  const { tasks, warnings } = await comparison(folder, only(base), only(other));
  expect(tasks[0]?.samples).toEqual({ paired: 389, clusters: 389, unscored: 1, onlyA: 10, onlyB: 0 });
  expect(warnings).toContain("vqav2: B has 1 unscored samples");
});

test.each([
  ["task version", { version: 2 }],
  ["scoring", { scoring: "lmms-eval" as const }],
  [
    "data revision",
    { dataset: { source: "demo", kind: "demo" as const, split: "test", revision: "r2", licence: "CC0-1.0" } },
  ],
  ["judge", { judge: { model: "other", expected: "gpt-4", asked: 1, failed: 0 } }],
])(
  "runs that differ in %s are refused with the reason, and compared with a warning when forced",
  async (what, change) => {
    await using folder = await temporaryFolder();
    await expect(comparison(folder, only(base), only(base, change))).rejects.toThrow(`vqav2: ${what}:`);
    const forced = await comparison(folder, only(base), only(base, change), { force: true });
    expect(forced.warnings.join()).toContain(what);
  },
);

test.each([
  ["prompt profile", { promptProfile: "qwen" }],
  ["generation option temperature", { generation: { maxNewTokens: 16, temperature: 0.7 } }],
  ["flags", { flags: ["partial" as const] }],
])("runs that differ in %s are compared with a warning", async (what, change) => {
  await using folder = await temporaryFolder();
  const { warnings } = await comparison(folder, only(base), only(base, change));
  expect(warnings.join()).toContain(`vqav2: ${what}:`);
});

test("the same bytes under another name are the same data", async () => {
  await using folder = await temporaryFolder();
  const data = { kind: "hub" as const, split: "test", digest: "d1", licence: "CC0-1.0" };
  const a = { dataset: { ...data, source: "lmms-lab/VQAv2", revision: "r1" } };
  const b = { dataset: { ...data, source: "mirror/VQAv2", revision: "r9" } };
  expect((await comparison(folder, only(base, a), only(base, b))).warnings).toEqual([]);
});

test("repeats are averaged per sample before the comparison", async () => {
  await using folder = await temporaryFolder();
  const repeated = (values: (i: number, repeat: number) => number) =>
    base.flatMap((_, i) => [0, 1, 2].map((repeat) => ({ ...sample(i, values(i, repeat)), repeat })));
  const a = repeated((i, repeat) => ((i + repeat) % 3 === 0 ? 1 : 0));
  const b = repeated((i, repeat) => ((i + repeat + 1) % 3 === 0 ? 1 : 0));
  const { tasks } = await comparison(folder, only(a, { repeats: 3 }), only(b, { repeats: 3 }));
  // Each sample is right once in three in both runs: no difference, whichever repeat it was.
  expect(tasks[0]?.delta).toBeCloseTo(0, 12);
  expect(tasks[0]?.interval?.[0]).toBeCloseTo(0, 9);
});

test("samples beyond the limit of a Result are not compared, though the journal still has them", async () => {
  await using folder = await temporaryFolder();
  const limited: RunFixture = {
    tasks: {
      vqav2: {
        samples: spoiled(base, 0.1),
        metrics: [meanMetric(spoiled(base, 0.1).slice(0, 100).map(valueOfSample))],
        result: {
          limit: 100,
          n: { total: 100, scored: 100, unscored: { refused: 0, transport: 0, judge: 0, data: 0 } },
        },
      },
    },
  };
  const { tasks } = await comparison(folder, only(base), limited);
  expect(tasks[0]?.samples).toMatchObject({ paired: 100, onlyA: 300, onlyB: 0 });
});

test("a metric where lower is better regresses upwards", async () => {
  await using folder = await temporaryFolder();
  const errors = (samples: readonly SampleRecord[]): RunFixture => {
    const values = samples.map(({ score }) => (score?.status === "scored" ? (score.value as number) : 0));
    const value = values.reduce((sum, v) => sum + v, 0) / values.length;
    return {
      tasks: {
        wer: { samples, metrics: [{ name: "error", unit: "fraction", direction: "lower", value, n: values.length }] },
      },
    };
  };
  const more = base.map((record, i) => (i % 8 === 0 ? sample(i, 1) : record));
  expect((await comparison(folder, errors(base), errors(more))).verdict).toBe("regression");
  expect((await comparison(folder, errors(more), errors(base))).tasks[0]).toMatchObject({
    verdict: "no regression",
    improved: true,
  });
});

test("where the interval excludes 0 and the exact test does not, the comparison says that they are two tests", async () => {
  await using folder = await temporaryFolder();
  const fixture = (wrong: (i: number) => boolean): RunFixture => ({
    tasks: { vqav2: { samples: Array.from({ length: 100 }, (_, i) => sample(i, wrong(i) ? 0 : 1)) } },
  });
  const { tasks } = await comparison(
    folder,
    fixture((i) => i < 9),
    fixture((i) => i === 50 || i === 51),
  );
  expect(tasks[0]?.interval?.[0]).toBeGreaterThan(0);
  expect(tasks[0]?.p).toBeCloseTo(0.0654, 4);
  expect(tasks[0]?.notes).toEqual([expect.stringContaining("p (mcnemar-exact) are two tests")]);
  const clear = await comparison(
    folder,
    fixture((i) => i < 30),
    fixture(() => false),
  );
  expect(clear.tasks[0]?.notes).toEqual([]);
});

/** F1 of "yes" over the split: no mean of anything. */
const f1: Metric = {
  name: "f1",
  unit: "fraction",
  direction: "higher",
  start() {
    const seen: Sample[] = [];
    return {
      add: (one) => void seen.push(one),
      finish() {
        const of = (text: string, target: string) =>
          seen.filter(
            ({ text: said, score }) => said === text && score.status === "scored" && score.targets?.[0] === target,
          ).length;
        const [hit, wrong, missed] = [of("yes", "yes"), of("yes", "no"), of("no", "yes")];
        return { value: hit === 0 ? 0 : (2 * hit) / (2 * hit + wrong + missed), n: seen.length };
      },
    };
  },
};

function yesNo(answers: (i: number) => string): RunFixture {
  const samples = base.map((_, i): ScoredSample => {
    const target = i % 2 === 0 ? "yes" : "no";
    const text = answers(i);
    return {
      ...sample(i, 0),
      text,
      score: { status: "scored", value: text === target ? 1 : 0, answer: text, targets: [target] },
    };
  });
  const fold = f1.start({ seed: 0, scoring: "official" });
  for (const record of samples) fold.add({ ...record, groups: {}, score: record.score as Sample["score"] });
  const { value, n } = fold.finish() as { value: number; n: number };
  return { tasks: { pope: { samples, metrics: [{ name: "f1", unit: "fraction", direction: "higher", value, n }] } } };
}

test("a metric of the whole split is compared through its fold: interval from half-samples, p from swapped clusters", async () => {
  await using folder = await temporaryFolder();
  const good = yesNo((i) => (i % 2 === 0 ? (i % 10 === 0 ? "no" : "yes") : i % 11 === 0 ? "yes" : "no"));
  const bad = yesNo((i) => (i % 3 === 0 ? "no" : "yes"));
  const folds = { metricsOf: async () => [f1] };
  const { tasks } = await comparison(folder, good, bad, folds);
  expect(tasks[0]).toMatchObject({ test: "swap-randomisation", verdict: "regression" });
  expect(tasks[0]?.interval?.[0]).toBeLessThan(tasks[0]?.delta ?? 0);
  expect(tasks[0]?.interval?.[1]).toBeLessThan(0);
  const again = await comparison(folder, good, bad, folds);
  expect(again).toEqual({ ...again, tasks });
});

test("a run in per cent that has nothing right is compared in per cent", async () => {
  await using folder = await temporaryFolder();
  const inPercent = (samples: readonly SampleRecord[]) => {
    const value = (100 * samples.reduce((sum, one) => sum + valueOfSample(one), 0)) / samples.length;
    const metric = {
      name: "aAcc",
      unit: "percent",
      direction: "higher",
      range: [0, 1],
      value,
      n: samples.length,
    } as const;
    return only(samples, { metrics: [metric] });
  };
  const nothing = base.map((_, i) => ({ ...sample(i, 0), text: "no" }));
  const { tasks } = await comparison(folder, inPercent(nothing), inPercent(base));
  expect(tasks[0]).toMatchObject({ a: 0, b: expect.closeTo(75, 9), delta: expect.closeTo(75, 9) });
  const back = await comparison(folder, inPercent(base), inPercent(nothing));
  expect(back.tasks[0]).toMatchObject({ a: expect.closeTo(75, 9), b: 0, delta: expect.closeTo(-75, 9) });
});

test("an F1 that happens to be the accuracy is an F1 all the same", async () => {
  await using folder = await temporaryFolder();
  const bootstrapped = (run: RunFixture): RunFixture => {
    const { samples = [], metrics = [] } = run.tasks.pope ?? {};
    return { tasks: { pope: { samples, metrics: metrics.map((one) => ({ ...one, method: "bootstrap" })) } } };
  };
  // As many misses as false alarms: 380 of 400 right, F1 0.95 too. The other only misses.
  const even = bootstrapped(yesNo((i) => (i % 40 < 2 ? (i % 2 === 0 ? "no" : "yes") : i % 2 === 0 ? "yes" : "no")));
  const misses = bootstrapped(yesNo((i) => (i % 2 === 0 && i % 10 !== 0 ? "yes" : "no")));
  const value = ({ tasks }: RunFixture) => tasks.pope?.metrics?.[0]?.value as number;
  expect([value(even), value(misses)]).toEqual([expect.closeTo(0.95, 12), expect.closeTo(0.8 / 0.9, 12)]);
  const { tasks } = await comparison(folder, even, misses, { metricsOf: async () => [f1] });
  expect(tasks[0]).toMatchObject({
    a: expect.closeTo(0.95, 12),
    b: expect.closeTo(0.8 / 0.9, 12),
    test: "swap-randomisation",
  });
});

test("a metric of the whole split without its task is not compared, and says so", async () => {
  await using folder = await temporaryFolder();
  const { tasks, verdict } = await comparison(
    folder,
    yesNo(() => "yes"),
    yesNo((i) => (i % 2 ? "no" : "yes")),
  );
  expect(verdict).toBe("not enough evidence");
  expect(tasks[0]?.notes[0]).toContain("its task is not known here");
});

test("a model of the leaderboard is compared through the runs behind its entries", async () => {
  await using folder = await temporaryFolder();
  await writeRun(folder.dir, "run-1", { model: "m", tasks: { vqav2: { samples: base } } });
  await writeRun(folder.dir, "run-2", { model: "m", tasks: { gqa: { samples: base } } });
  const later = { finishedAt: "2026-02-01T00:00:00.000Z" };
  await writeRun(folder.dir, "run-3", { model: "m", manifest: later, tasks: { gqa: { samples: spoiled(base, 0.5) } } });
  const side = await resolveSide("m", folder.dir);
  expect([...side.tasks].map(([task, { run }]) => `${task} ${run.manifest.name}`).sort()).toEqual([
    "gqa run-3",
    "vqav2 run-1",
  ]);
  await expect(resolveSide("nobody", folder.dir)).rejects.toThrow(/neither a run folder nor a model/);
});

test("a fold that no longer gives the number in the Result is told: both sides would be measured by another rule", async () => {
  await using folder = await temporaryFolder();
  const fixture = yesNo((i) => (i % 2 === 0 ? "yes" : i % 7 === 0 ? "yes" : "no"));
  const stale: RunFixture = {
    tasks: {
      pope: {
        ...(fixture.tasks.pope as (typeof fixture.tasks)[string]),
        metrics: [{ name: "f1", unit: "fraction", direction: "higher", value: 0.123, n: 400 }],
      },
    },
  };
  const { tasks } = await comparison(
    folder,
    stale,
    yesNo((i) => (i % 2 === 0 ? "yes" : "no")),
    { metricsOf: async () => [f1] },
  );
  expect(tasks[0]?.notes[0]).toContain("whose Result says 0.123");
});
