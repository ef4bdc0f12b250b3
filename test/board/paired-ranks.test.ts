import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { boardForms, leaderboard } from "../../src/api/board/leaderboard.js";
import { failedSample, sample, temporaryFolder, writeRun } from "./run-fixture.js";

const samples = (rightOf: (i: number) => boolean, n = 400) =>
  Array.from({ length: n }, (_, i) => sample(i, rightOf(i) ? 1 : 0));
const ranks = async (results: string, paired = true) =>
  Object.fromEntries(
    (await leaderboard({ results, paired })).rows.map(({ model, cells }) => [model, [...cells.values()][0]?.rank]),
  );

test("two models whose intervals overlap are told apart by the samples that both answered", async () => {
  await using folder = await temporaryFolder();
  // The better one has all that the worse one has, and 20 of 400 more; the third differs from it by chance, ten each way.
  await writeRun(folder.dir, "worse", { tasks: { gqa: { samples: samples((i) => i % 2 === 0) } } });
  await writeRun(folder.dir, "better", { tasks: { gqa: { samples: samples((i) => i % 2 === 0 || i < 40) } } });
  await writeRun(folder.dir, "like", {
    tasks: { gqa: { samples: samples((i) => i < 40 || (i % 2 === 0) === i < 380) } },
  });
  expect(await ranks(folder.dir, false)).toEqual({ worse: 1, better: 1, like: 1 });
  expect(await ranks(folder.dir)).toEqual({ worse: 3, better: 1, like: 1 });
  expect(boardForms.md(await leaderboard({ results: folder.dir, paired: true }), {})).toContain("paired test");
});

test("what is lower is better is ranked the other way, and what failed is no pair", async () => {
  await using folder = await temporaryFolder();
  const lower = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const interval = [mean - 0.05, mean + 0.05] as const;
    const base = { name: "error", unit: "fraction", direction: "lower", method: "wilson", n: values.length } as const;
    return [{ ...base, value: mean, interval }];
  };
  for (const [name, every] of [
    ["many", 8],
    ["few", 12],
  ] as const) {
    const all = samples((i) => i % 24 === 0 || i % every === 0).map((one) =>
      one.index % 50 === 49 ? failedSample(one.index) : one,
    );
    const values = all.flatMap(({ score }) => (score?.status === "scored" ? [score.value as number] : []));
    await writeRun(folder.dir, name, { tasks: { gqa: { samples: all, metrics: lower(values) } } });
  }
  expect(await ranks(folder.dir, false)).toEqual({ many: 1, few: 1 });
  expect(await ranks(folder.dir)).toEqual({ many: 2, few: 1 });
});

test("other rows, another metric or a journal that lost samples leave the intervals to decide", async () => {
  await using folder = await temporaryFolder();
  const [worse, better] = [samples((i) => i % 2 === 0), samples((i) => i % 2 === 0 || i < 40)];
  const dataset = { source: "demo", kind: "demo", split: "test", revision: "r2", licence: "CC0-1.0" } as const;
  await writeRun(folder.dir, "worse", { tasks: { gqa: { samples: worse } } });
  const other = await writeRun(folder.dir, "better", { tasks: { gqa: { samples: better, result: { dataset } } } });
  expect(await ranks(folder.dir)).toEqual({ worse: 1, better: 1 });
  await writeRun(folder.dir, "better", { tasks: { gqa: { samples: better } } });
  expect(await ranks(folder.dir)).toEqual({ worse: 2, better: 1 });
  const lines = better.slice(1).map((one) => `${JSON.stringify(one)}\n`);
  await writeFile(join(other, "gqa.samples.jsonl"), lines.join(""));
  expect(await ranks(folder.dir)).toEqual({ worse: 1, better: 1 });
  await writeFile(join(other, "gqa.samples.jsonl"), `${lines.join("")}{"index": "none"}\n`);
  const board = await leaderboard({ results: folder.dir, paired: true });
  expect(board.notes.at(-1)).toMatch(/^gqa v1 of better is ranked by its interval: /);
});
