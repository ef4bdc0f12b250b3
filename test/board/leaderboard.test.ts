import { expect, test } from "vitest";
import { boardTable } from "../../src/board/leaderboard/as-table.js";
import { type BoardOptions, makeBoard } from "../../src/board/leaderboard/board.js";
import { readPublished } from "../../src/board/leaderboard/published.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import { packageRoot } from "../../src/core/package-root.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { entry } from "./leaderboard-entry.js";

const plain: BoardOptions = { include: [], suites: [] };
const ranks = (entries: LeaderboardEntry[], options = plain) =>
  Object.fromEntries(makeBoard(entries, options).rows.map((row) => [row.model, [...row.cells.values()][0]?.rank]));

test("entries whose intervals overlap share a rank; a rank counts those that are certainly better", () => {
  const entries = [entry("a", "t", 0.8), entry("b", "t", 0.79), entry("c", "t", 0.775), entry("d", "t", 0.7)];
  expect(ranks(entries)).toEqual({ a: 1, b: 1, c: 2, d: 4 });
});

test("where lower is better the smallest value is first", () => {
  const low = (model: string, value: number) => {
    const base = entry(model, "t", value);
    return { ...base, metrics: base.metrics.map((metric) => ({ ...metric, direction: "lower" as const })) };
  };
  const board = makeBoard([low("bad", 0.3), low("good", 0.1)], plain);
  expect(board.rows.map(({ model }) => model)).toEqual(["good", "bad"]);
  expect(ranks([low("bad", 0.3), low("good", 0.1)])).toEqual({ good: 1, bad: 2 });
});

test("flagged entries are left out with a note, and marked where they are included", () => {
  const entries = [
    entry("a", "t", 0.8),
    entry("b", "t", 0.9, { flags: ["partial"] }),
    entry("c", "t", 0.7, { flags: ["demo", "partial"] }),
  ];
  const board = makeBoard(entries, plain);
  expect(board.rows.map(({ model }) => model)).toEqual(["a"]);
  expect(board.notes).toEqual([
    '1 entry flagged "demo" left out (--include demo)',
    '2 entries flagged "partial" left out (--include partial)',
  ]);
  const shown = makeBoard(entries, { ...plain, include: ["partial"] });
  expect(shown.rows.map(({ model }) => model)).toEqual(["b", "a"]);
  expect(boardTable(shown)).toContain("ᵃ partial: t v1 of b");
  // A part of the benchmark takes no rank from the whole of it.
  expect(shown.rows.map(({ cells }) => cells.get("t v1")?.rank)).toEqual([undefined, 1]);
});

test("prompt profile and scoring make rows of their own, task versions columns of their own", () => {
  const board = makeBoard(
    [
      entry("a", "t", 0.8),
      entry("a", "t", 0.82, { promptProfile: "qwen" }),
      entry("a", "t", 0.81, { scoring: "lmms-eval" }),
      entry("a", "t", 0.5, { version: 2 }),
    ],
    plain,
  );
  expect(board.columns.map(({ key }) => key)).toEqual(["t v2", "t v1"]);
  expect(board.rows).toHaveLength(3);
  expect(boardTable(board)).toMatch(/a · profile qwen/);
  expect(boardTable(board)).toMatch(/a · lmms-eval scoring/);
});

test("of two runs for one cell the one without flags counts, then the later", () => {
  const board = makeBoard(
    [
      entry("a", "t", 0.5, { finishedAt: "2026-03-01T00:00:00.000Z", flags: ["partial"] }),
      entry("a", "t", 0.6, { finishedAt: "2026-02-01T00:00:00.000Z" }),
      entry("a", "t", 0.7, { finishedAt: "2026-01-01T00:00:00.000Z" }),
    ],
    { ...plain, include: ["partial"] },
  );
  expect(board.rows[0]?.cells.get("t v1")?.main.value).toBe(0.6);
});

test("a suite is averaged only for models with all of its tasks, over tasks in per cent", () => {
  const points = (model: string): LeaderboardEntry => {
    const base = entry(model, "mme", 1500);
    return { ...base, metrics: [{ name: "total", unit: "points", direction: "higher", value: 1500, n: 10 }] };
  };
  const entries = [entry("a", "t", 0.8), entry("a", "u", 0.6), points("a"), entry("b", "t", 0.9)];
  const board = makeBoard(entries, { ...plain, suites: [{ name: "s", tasks: ["t", "u", "mme"] }] });
  expect(board.rows.map(({ model, averages }) => [model, averages.get("s")])).toEqual([
    ["a", expect.closeTo(70, 9)],
    ["b", undefined],
  ]);
  expect(board.notes[0]).toBe(
    "s: mean of 2 tasks in per cent, only for models that have all of them; not averaged: mme (other units)",
  );
});

test("another data revision or judge in a column is marked", () => {
  const entries = [
    entry("a", "t", 0.8, { judge: "x" }),
    entry("b", "t", 0.7, { judge: "x", dataset: { source: "org/t", revision: "r2" } }),
    entry("c", "t", 0.6),
  ];
  const marks = makeBoard(entries, plain).rows.map(({ cells }) => cells.get("t v1")?.marks);
  expect(marks).toEqual([[], ["other data revision"], ["judge none"]]);
});

test("filters and sorting name models by glob and columns by task", () => {
  const entries = [
    entry("llava-7b", "t", 0.5),
    entry("llava-13b", "t", 0.6),
    entry("other", "t", 0.9),
    entry("llava-7b", "u", 0.9),
  ];
  const board = makeBoard(entries, { ...plain, models: ["llava-*"], sort: "t" });
  expect(board.rows.map(({ model }) => model)).toEqual(["llava-13b", "llava-7b"]);
  expect(makeBoard(entries, { ...plain, tasks: ["u"] }).columns.map(({ task }) => task)).toEqual(["u"]);
  expect(makeBoard(entries, { ...plain, sort: "model" }).rows.map(({ model }) => model)).toEqual([
    "llava-13b",
    "llava-7b",
    "other",
  ]);
});

test("published numbers stand beside ours, named as published and without a rank", async () => {
  const published = await readPublished(`${packageRoot}/configs/published`);
  expect(published.length).toBeGreaterThan(150);
  const board = makeBoard([entry("ours", "docvqa", 0.84), ...published], { ...plain, tasks: ["docvqa"] });
  expect(board.columns).toHaveLength(1);
  const row = board.rows.find(({ model }) => model === "LLaVA-NeXT-72B");
  expect(row).toMatchObject({ origin: "published" });
  expect([...(row?.cells.values() ?? [])][0]).toMatchObject({
    main: { value: 84.4, unit: "percent" },
    marks: ["metric anls"],
  });
  expect([...(row?.cells.values() ?? [])][0]?.rank).toBeUndefined();
  expect(boardTable(board)).toMatch(/LLaVA-NeXT-72B \[LLaVA-NeXT blog\] +84\.4ᵃ/);
});

test("values are sorted each in its own unit: 83.5 of a fraction stands above 33.4 per cent", () => {
  const published = (model: string, value: number, more: Partial<MetricResult> = {}): LeaderboardEntry => {
    const metric: MetricResult = { name: "accuracy", unit: "percent", direction: "higher", value, n: 0, ...more };
    return { ...entry(model, "t", 0), metrics: [metric], version: 0, origin: "published" };
  };
  const entries = [
    published("below", 33.4),
    entry("ours", "t", 0.835),
    published("above", 90),
    // Another metric's number is none of these values.
    published("elsewhere", 1859, { name: "total", unit: "points" }),
  ];
  for (const order of [entries, [...entries].reverse()])
    expect(makeBoard(order, plain).rows.map(({ model }) => model)).toEqual(["above", "ours", "below", "elsewhere"]);
});

test("without a wish the board is sorted by the column that most of our own rows have, not by the first letter", () => {
  const elsewhere = { ...entry("gpt", "ai2d", 0.9), origin: "lmms-eval" };
  const entries = [entry("a", "pope", 0.6), entry("b", "pope", 0.8), entry("b", "mmmu", 0.3), elsewhere];
  expect(makeBoard(entries, plain).rows.map(({ model }) => model)).toEqual(["b", "a", "gpt"]);
});

test("published numbers are shown for the tasks that ours have, each model with its source, and with no task of ours all of them", async () => {
  const published = await readPublished(`${packageRoot}/configs/published`);
  const board = makeBoard([entry("ours", "mmmu", 0.4), entry("ours", "chartqa", 0.2), ...published], plain);
  expect(board.columns.map(({ task }) => task)).toEqual(["chartqa", "mmmu"]);
  const table = boardTable(board);
  expect(table).toContain("LLaVA-1.5-7B [LMMs-Eval paper]");
  // One line for each fact, however many cells it is about, and one for each source.
  const notes = table.split("\n\n").at(-1)?.trimEnd().split("\n") ?? [];
  expect(notes.filter((note) => note.includes("metric relaxed_overall"))).toEqual([
    "ᵃ metric relaxed_overall: chartqa v1 of 10 models",
  ]);
  expect(notes.find((note) => note.startsWith("LMMs-Eval paper"))).toMatch(/transcribed from a copy of it.*https:/);
  expect(notes.length).toBeLessThanOrEqual(6);
  expect(makeBoard(published, plain).columns.length).toBeGreaterThan(10);
});

test("of a published model's several numbers for a task the one in the column's metric is shown", () => {
  const points = (name: string, value: number): MetricResult => ({
    ...{ name, value, unit: "points", direction: "higher", n: 0 },
  });
  const ours = { ...entry("ours", "mme", 0), metrics: [points("mme_cognition_score", 300)] };
  const theirs = {
    ...entry("theirs", "mme", 0, { version: 0, origin: "published" }),
    metrics: [points("mme_perception_score", 1500), points("mme_cognition_score", 320)],
  };
  const cell = makeBoard([ours, theirs], plain)
    .rows.find(({ model }) => model === "theirs")
    ?.cells.get("mme v1");
  expect(cell).toMatchObject({ main: { value: 320 }, marks: [], isLike: true });
});
