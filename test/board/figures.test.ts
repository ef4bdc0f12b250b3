/** Figures, compared with those committed beside this test, which were looked at in light, in dark and in grey. */
import { expect, test } from "vitest";
import { historyHtml } from "../../src/board/history/as-html.js";
import { historySvg } from "../../src/board/history/as-svg.js";
import { seriesOf } from "../../src/board/history/series.js";
import { boardSvg } from "../../src/board/leaderboard/as-svg.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import type { HistoryLine } from "../../src/record/history.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { entry } from "./leaderboard-entry.js";

const plain = { include: ["partial"], suites: [] };

/** What a viewer, a printer's converter and a screen reader need of any figure. */
function requireSound(svg: string): void {
  expect(svg).not.toMatch(/NaN|Infinity|undefined|var\(|<script|href/);
  const [, width, height] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
  const places = [...svg.matchAll(/ (?:x|x1|x2|cx)="([^"]+)"/g)].map(([, at]) => Number(at));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places)).toBeLessThanOrEqual(width as number);
  expect(height).toBeGreaterThan(0);
  expect(svg).toContain("<title>");
}

const board: LeaderboardEntry[] = [
  ...["a", "b", "c"].flatMap((model, i) =>
    ["mmmu", "pope", "vqav2", "mme"].map((task, k) => entry(`llava-${model}`, task, 0.4 + 0.1 * k + 0.03 * i)),
  ),
  entry("llava-a", "gqa", 0.6, { flags: ["partial"] }),
  entry('<script>alert("x")</script> & a name that is much longer than its place', "pope", 0.55),
  ...["Art", "Science & Engineering"].flatMap((value, i) => [
    entry("llava-a", `mmmu domain=${value}`, 0.5 + 0.2 * i),
    entry("llava-c", `mmmu domain=${value}`, 0.45 + 0.3 * i),
  ]),
];

test("a board: dots with intervals for each task, bars for each group", async () => {
  const svg = boardSvg(makeBoard(board, plain), {});
  requireSound(svg);
  await expect(svg).toMatchFileSnapshot("figures/board.svg");
  const chosen = boardSvg(makeBoard(board, plain), { columns: ["mmmu"] });
  expect(chosen).toContain("mmmu v1");
  expect(chosen).not.toContain("vqav2");
});

test("a board without rows, and one whose values have no range, are figures too", () => {
  requireSound(boardSvg(makeBoard([entry("a", "t", 0)], plain), {}));
  expect(boardSvg(makeBoard([], plain), {})).toContain("0 models");
});

function nights(values: readonly number[], runOf: (i: number) => string): HistoryLine[] {
  return values.map((value, i) => {
    const { task, version, model, scoring, promptProfile, metrics } = entry("llava-a", "pope", value);
    return {
      ...{ schema: "llava-eval/history@1" as const, task, version, model, scoring, promptProfile },
      finishedAt: `2026-03-${String(i + 1).padStart(2, "0")}T02:00:00.000Z`,
      run: runOf(i),
      dataset: { source: "org/rows", split: "test" },
      metric: metrics[0] as HistoryLine["metric"],
      n: { total: 1000, scored: 1000 },
      flags: [],
    };
  });
}

const options = { alpha: 0.01, seed: 0 };
const fall = Array.from({ length: 20 }, (_, i) => (i < 12 ? 0.86 : 0.79) + 0.004 * ((i * 7) % 5));

test("a history: its course, the band of the intervals, the change of level", async () => {
  const series = seriesOf(
    nights(fall, (i) => `night-${i}`),
    options,
  );
  const svg = historySvg(series);
  requireSound(svg);
  expect(svg.match(/class="change"/g)).toHaveLength(1);
  await expect(svg).toMatchFileSnapshot("figures/history.svg");
  // The page has the same charts.
  expect(historyHtml(series).match(/<circle/g)).toHaveLength(20);
});

test("a training's checkpoints lie at their steps", async () => {
  const steps = [100, 200, 400, 1600];
  const svg = historySvg(
    seriesOf(
      nights([0.5, 0.6, 0.65, 0.7], (i) => `curve/step-${steps[i]}`),
      options,
    ),
  );
  requireSound(svg);
  const x = [...svg.matchAll(/<circle class="f0" cx="([^"]+)"/g)].map(([, at]) => Number(at));
  const [first, , third, last] = x as [number, number, number, number];
  expect((third - first) / (last - first)).toBeCloseTo(0.2, 2);
  expect(svg).toContain("step 1600");
  expect(
    historySvg(
      seriesOf(
        nights([0.5], () => "one"),
        options,
      ),
    ),
  ).toContain("one run");
});
