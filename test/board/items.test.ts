/** Runs made by hand of models that are clearly different, over items some of which have a wrong reference. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { itemForms, itemsOf, itemsPage } from "../../src/api/board/items.js";
import { lowestFirst } from "../../src/board/items/item.js";
import { Type } from "../../src/core/schema.js";
import { readYaml } from "../../src/core/yaml.js";
import { isMislabelled, plantedRuns, truthOf } from "./planted-items.js";
import { failedSample, sample, temporaryFolder, writeRun } from "./run-fixture.js";

const say = { onWarning: () => {} };

describe("with ten references of 300 wrong", () => {
  test("40 models find them among the 15 lowest discriminations, and say what the strong ones answer instead", async () => {
    await using folder = await temporaryFolder();
    const { report } = await itemsOf("quiz", {
      runs: await plantedRuns(folder, { models: 40, seed: 2 }),
      results: "",
      ...say,
    });
    const lowest = lowestFirst(report.items).slice(0, 15);
    expect(lowest.filter(({ index }) => isMislabelled(index))).toHaveLength(10);
    const suspects = report.items.filter(({ suspect }) => suspect);
    expect(suspects.length).toBeGreaterThanOrEqual(4);
    expect(suspects.filter(({ index }) => !isMislabelled(index))).toEqual([]);
    for (const { index, answer } of suspects) {
      expect(answer).toMatchObject({ text: truthOf(index), isRight: false });
      expect(answer?.share).toBeGreaterThan(0.5);
    }
    const text = itemForms.table(report, { limit: 15 });
    expect(text).toMatch(/^quiz: 300 items by accuracy, 40 runs of 40 models that score \d\d\.\d to \d\d\.\d$/m);
    expect(text).toContain("lowest discriminations");
    expect(text).toContain("q150");
    expect(itemForms.md(report, { limit: 15 })).toMatch(/\| q150 \| 0\.\d\d \| `?-0\.\d\d`? \|/);
    const lines = itemForms.jsonl(report).trimEnd().split("\n");
    expect(lines).toHaveLength(300);
    expect(JSON.parse(lines[150] as string)).toMatchObject({
      task: "quiz",
      index: 150,
      id: "q150",
      runs: 40,
      suspect: true,
    });
    expect(await itemsPage(await itemsOf("quiz", { results: folder.dir, ...say }), { limit: 15, ...say })).toMatch(
      /<h2>q150<\/h2>[\s\S]*question 150/,
    );
  });

  test("so do five other forties", async () => {
    const found: number[] = [];
    for (const seed of [1, 3, 4, 5, 6]) {
      await using folder = await temporaryFolder();
      const runs = await plantedRuns(folder, { models: 40, seed });
      const { report } = await itemsOf("quiz", { runs, results: "", ...say });
      const lowest = lowestFirst(report.items).slice(0, 15);
      found.push(lowest.filter(({ index }) => isMislabelled(index)).length);
      expect(report.items.filter(({ suspect, index }) => suspect && !isMislabelled(index))).toEqual([]);
    }
    expect(found).toEqual([10, 10, 10, 10, 10]);
  });

  test.each([5, 12])("%i models cannot know, say so, and name nobody", async (models) => {
    await using folder = await temporaryFolder();
    const { report } = await itemsOf("quiz", { runs: await plantedRuns(folder, { models }), results: "", ...say });
    expect(report.isEnough).toBe(false);
    expect(report.items.every(({ suspect }) => suspect === undefined)).toBe(true);
    for (const text of [itemForms.table(report, { limit: 15 }), itemForms.md(report, { limit: 15 })]) {
      expect(text).toContain(`which references may be wrong ${models} models cannot say`);
      expect(text).not.toContain("lowest discriminations");
    }
    const page = await itemsPage(
      { report, runs: (await itemsOf("quiz", { results: folder.dir, ...say })).runs },
      { limit: 15, ...say },
    );
    expect(page).toContain(`${models} models cannot say`);
    expect(page).not.toContain("the reference may be wrong");
  });
});

test("twenty checkpoints of one model are one model", async () => {
  await using folder = await temporaryFolder();
  const folders = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      writeRun(folder.dir, `step-${i}`, {
        ...{ model: "one", manifest: { name: `step-${i}` } },
        tasks: { quiz: { samples: [0, 1, 2].map((item) => sample(item, item <= i % 3 ? 1 : 0)) } },
      }),
    ),
  );
  const { report } = await itemsOf("quiz", { runs: folders, results: "", ...say });
  expect(report).toMatchObject({ models: 1, isEnough: false });
  expect(itemForms.table(report, { limit: 5 })).toContain("20 runs of one model");
});

test("what everybody or nobody solves tells nobody apart, and what is unscored somewhere is left out of the scores", async () => {
  await using folder = await temporaryFolder();
  const values = [
    [1, 0, 1, 1],
    [1, 0, 0, 1],
    [1, 0, 0, undefined],
  ];
  const folders = await Promise.all(
    values.map((row, i) =>
      writeRun(folder.dir, `run-${i}`, {
        tasks: {
          quiz: { samples: row.map((value, item) => (value === undefined ? failedSample(item) : sample(item, value))) },
        },
      }),
    ),
  );
  const { report } = await itemsOf("quiz", { runs: folders, results: "", ...say });
  expect(report).toMatchObject({ shared: 3, runs: [{ score: 2 / 3 }, { score: 1 / 3 }, { score: 1 / 3 }] });
  const [all, none, telling, partly] = report.items;
  expect(all).toMatchObject({ difficulty: 1, solvedBy: "all", runs: 3 });
  expect(all).not.toHaveProperty("discrimination");
  expect(none).toMatchObject({ difficulty: 0, solvedBy: "none" });
  // Its rest is the same in all three runs: 1 of 2.
  expect(telling).not.toHaveProperty("discrimination");
  expect(partly).toMatchObject({ runs: 2, solvedBy: "all" });
  expect(itemForms.table(report, { limit: 5 })).toMatch(/2 \(50\.0 %\) everybody solves and 1 \(25\.0 %\) nobody/);
});

test("items that ask the same about the same images are twins, and twins with different references contradict each other", async () => {
  await using folder = await temporaryFolder();
  const image = "a".repeat(32);
  const twin = (index: number, prompt: string, target: string, images = [image]) =>
    sample(index, index % 2, {
      ...{ prompt, images },
      score: { status: "scored", value: index % 2, answer: "yes", targets: [target] },
    });
  const samples = [
    twin(0, "Is it red?", "yes"),
    twin(1, "is it  red?", "no"),
    twin(2, "Is it red?", "yes", ["b".repeat(32)]),
    twin(3, "How many?", "2"),
    twin(4, "How many?", "2"),
  ];
  const folders = await Promise.all(
    ["a", "b"].map((name) => writeRun(folder.dir, name, { tasks: { quiz: { samples } } })),
  );
  const { report } = await itemsOf("quiz", { runs: folders, results: "", ...say });
  expect(report.same).toEqual([
    { ids: ["q0", "q1"], isContradiction: true },
    { ids: ["q3", "q4"], isContradiction: false },
  ]);
  expect(report.items[0]?.sameAs).toEqual(["q1"]);
  expect(report.items[2]).not.toHaveProperty("sameAs");
  expect(itemForms.table(report, { limit: 5 })).toContain("4 items ask what another asks");
});

test("runs that mean different things are refused where they are named, and left out where they were found", async () => {
  await using folder = await temporaryFolder();
  const samples = [0, 1, 2].map((item) => sample(item, item % 2));
  const write = (name: string, result = {}) => writeRun(folder.dir, name, { tasks: { quiz: { samples, result } } });
  await write("blind", { blind: "none" });
  const [a, b, other] = [await write("a"), await write("b"), await write("other", { scoring: "lmms-eval" })];
  await expect(itemsOf("quiz", { runs: [a, b, other], results: "", ...say })).rejects.toThrow(
    /cannot be put together: scoring/,
  );
  const warnings: string[] = [];
  const found = await itemsOf("quiz", { results: folder.dir, onWarning: (message) => warnings.push(message) });
  expect(found.runs).toHaveLength(2);
  expect(warnings.join()).toContain("is left out: scoring");
  expect(warnings.join()).toContain("is left out: it was asked blind");
  await expect(itemsOf("quiz", { runs: [a], results: "", ...say })).rejects.toThrow(
    /has 1 run that can be put together/,
  );
  await expect(itemsOf("none", { runs: [a, b], results: "", ...say })).rejects.toThrow(/has no result of none/);
});

test("the list that is proposed is one that a suite reads", async () => {
  await using folder = await temporaryFolder();
  const { report } = await itemsOf("quiz", { runs: await plantedRuns(folder, { models: 40 }), results: "", ...say });
  const path = join(folder.dir, "list.yaml");
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, itemForms.list(report, { limit: 15 }));
  const list = await readYaml(
    path,
    Type.Object({ name: Type.String(), items: Type.Object({ quiz: Type.Array(Type.String()) }) }),
  );
  expect(list.name).toBe("quiz-looked-at");
  expect(list.items.quiz).toContain("q150");
});
