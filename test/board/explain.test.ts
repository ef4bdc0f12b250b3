import { expect, test } from "vitest";
import { type SideTask, sideOf } from "../../src/board/compare/side.js";
import { conclusion, explanationTable } from "../../src/board/explain/as-table.js";
import { type Explanation, explain, type Layer } from "../../src/board/explain/explain.js";
import type { Result } from "../../src/core/result.js";
import { openRun } from "../../src/record/read.js";
import type { SampleRecord, ScoredSample } from "../../src/record/samples.js";
import { sample, temporaryFolder, writeRun } from "./run-fixture.js";

const base = Array.from({ length: 100 }, (_, i) => sample(i, 1));

async function explained(b: readonly SampleRecord[], result: Partial<Result> = {}, a = base): Promise<Explanation> {
  await using folder = await temporaryFolder();
  const open = async (name: string, samples: readonly SampleRecord[], result: Partial<Result>) => {
    const dir = await writeRun(folder.dir, name, { model: "m", tasks: { vqav2: { samples, result } } });
    return sideOf(name, await openRun(dir)).tasks.get("vqav2") as SideTask;
  };
  return await explain("vqav2", await open("a", a, {}), await open("b", b, result));
}

const of = ({ layers }: Explanation, layer: Layer) => layers.find((one) => one.layer === layer);
const changed = (i: number, more: Partial<ScoredSample> = {}): ScoredSample => ({
  ...sample(i, 0),
  text: `other ${i}`,
  ...more,
});

test("two equal runs differ in no layer", async () => {
  const explanation = await explained(base);
  expect(explanation.first).toBeUndefined();
  expect(explanation.layers.every(({ same, answers, scores }) => same && answers === 0 && scores === 0)).toBe(true);
  expect(conclusion(explanation)).toContain("Nothing differs");
});

test("each changed answer is accounted to the first layer that differs for it", async () => {
  const samples = base.map((record, i) => {
    if (i < 10) return changed(i, { images: ["f".repeat(32)] });
    if (i < 15) return changed(i, { prompt: "another question" });
    if (i < 18) return changed(i);
    if (i < 30) return { ...record, images: ["e".repeat(32)] }; // other bytes, same answer: accounts for nothing
    return record;
  });
  const explanation = await explained(samples);
  expect(explanation).toMatchObject({ first: "image bytes", changedAnswers: 18, changedScores: 18 });
  expect(of(explanation, "image bytes")).toMatchObject({
    same: false,
    samples: 22,
    answers: 10,
    scores: 10,
    effect: expect.closeTo(-0.1, 12),
  });
  expect(of(explanation, "prompt")).toMatchObject({ samples: 5, answers: 5, scores: 5 });
  expect(of(explanation, "raw text")).toMatchObject({
    samples: 18,
    answers: 3,
    scores: 3,
    examples: ["q15", "q16", "q17"],
  });
});

test.each<[Layer, Partial<Result>]>([
  ["preprocessing", { fingerprint: { model: "m", gridOrder: "hw" } }],
  ["chat template", { fingerprint: { model: "m", template: "qwen_1_5" } }],
  ["model", { fingerprint: { model: "m", dtype: "fp16" } }],
  ["options", { generation: { maxNewTokens: 16, temperature: 0.2 } }],
])(
  "what a run states about its %s accounts for the answers that changed, not for those that did not",
  async (layer, result) => {
    const samples = base.map((record, i) => (i < 7 ? changed(i) : record));
    const explanation = await explained(samples, result);
    expect(explanation.first).toBe(layer);
    expect(of(explanation, layer)).toMatchObject({ same: false, answers: 7, scores: 7 });
    expect(of(explanation, "raw text")).toMatchObject({ answers: 0, scores: 0 });
  },
);

test("the same text with another answer is the extraction's doing, the same answer with another score the scorer's", async () => {
  const rescored = (i: number, answer: string): ScoredSample => ({
    ...sample(i, 1),
    score: { status: "scored", value: 0, answer, targets: ["yes"] },
  });
  const samples = base.map((record, i) => (i < 4 ? rescored(i, "y") : i < 6 ? rescored(i, "yes") : record));
  const explanation = await explained(samples, { version: 2 });
  expect(of(explanation, "extracted answer")).toMatchObject({ scores: 4, answers: 0 });
  expect(of(explanation, "scorer")).toMatchObject({
    scores: 2,
    differences: [{ what: "task version", a: "1", b: "2" }],
  });
  expect(explanation.changedAnswers).toBe(0);
});

test("samples that only one run has belong to the dataset, and hostile ids stay on their line", async () => {
  const hostile = base.map((record, i) => (i === 3 ? { ...record, id: "\n::error::x" } : record));
  const other = hostile.slice(0, 90).map((record, i) => (i === 3 ? { ...changed(3), id: record.id } : record));
  const explanation = await explained(other, {}, hostile);
  expect(explanation.first).toBe("dataset");
  expect(explanation.samples).toEqual({ both: 90, onlyA: 10, onlyB: 0 });
  const table = explanationTable(explanation);
  expect(table).toContain("⏎::error::x");
  expect(table.split("\n").every((line) => !line.trim().startsWith("::"))).toBe(true);
});
