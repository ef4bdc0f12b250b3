/** What the image was worth, beside the scores of a board: a column, and never a score. */
import { parse as parseCsv } from "csv-parse/sync";
import { expect, test } from "vitest";
import { boardLongCsv, boardWideCsv } from "../../src/board/leaderboard/as-csv.js";
import { boardHtml } from "../../src/board/leaderboard/as-html.js";
import { boardJson } from "../../src/board/leaderboard/as-json.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardTable } from "../../src/board/leaderboard/as-table.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import { gainTexts } from "../../src/board/leaderboard/gains.js";
import type { EntryGain } from "../../src/core/result.js";
import { entry } from "./leaderboard-entry.js";

const gain: EntryGain = {
  ...{ metric: "accuracy", unit: "fraction", value: 0.432, stderr: 0.02, interval: [0.381, 0.482], n: 64 },
  ...{ sighted: 0.8, blind: 0.368 },
  solvable: { n: 14, share: 0.21875, interval: [0.13, 0.33], ofRight: 0.2 },
  rest: { value: 0.744, interval: [0.61, 0.85], n: 50 },
};
const board = makeBoard(
  [
    entry("seen", "pope", 0.8, { visionGain: { none: gain, other: { ...gain, value: null, n: 0 } } }),
    entry("never asked blind", "pope", 0.9),
    entry("seen", "gqa", 0.6),
  ],
  { include: [], suites: [{ name: "both", tasks: ["pope", "gqa"] }] },
);
const head = (way: string) => [`vision gain, ${way}`, `right blind, ${way}`, `score on the rest, ${way}`];

test("a table has them behind the scores, with intervals, without rank, place or average", () => {
  const text = boardMarkdown(board, {});
  const [first = "", , ...rows] = text.split("\n").filter((line) => line.startsWith("|"));
  const titles = first.split("|").map((cell) => cell.trim());
  const cellsOf = (model: string) => {
    const cells = rows.find((row) => row.startsWith(`| ${model}`))?.split("|") ?? [];
    return Object.fromEntries(titles.map((title, i) => [title, cells[i]?.trim()]));
  };
  const seen = cellsOf("seen");
  const [worth, right, rest] = titles.filter((title) => title.includes("without an image"));
  expect([worth, right, rest].map((title) => seen[title ?? ""])).toEqual([
    "43.2 [38.1, 48.2]",
    "21.9 [13.0, 33.0]",
    "74.4 [61.0, 85.0]",
  ]);
  expect(Object.values(cellsOf("never asked blind")).slice(-4, -1)).toEqual(["-", "-", "-"]);
  expect(seen[titles.find((title) => title.startsWith("both")) ?? ""], "the average is of scores").toBe("70.0");
  expect(titles.findIndex((title) => title.includes("vision gain"))).toBeGreaterThan(
    titles.findIndex((title) => title.includes("accuracy")),
  );
  // A way that no row has is no column; where nobody was asked blind there is none at all.
  expect(first).not.toContain("frame");
  expect(boardTable(makeBoard([entry("seen", "gqa", 0.6)], { include: [], suites: [] }), {})).not.toContain("gain");
});

test("CSV, wide and long, JSON and HTML have all of it; columns are chosen with their task", () => {
  const wide: Record<string, string>[] = parseCsv(boardWideCsv(board), { columns: true });
  const seen = wide.find(({ model }) => model === "seen") ?? {};
  const numbers = (name: string) => ["", " low", " high"].map((end) => Number(seen[`pope v1 ${name}${end}`]));
  expect(head("without an image").map(numbers)).toEqual([
    [43.2, 38.1, 48.2].map((value) => expect.closeTo(value, 9)),
    [21.875, 13, 33].map((value) => expect.closeTo(value, 9)),
    [74.4, 61, 85].map((value) => expect.closeTo(value, 9)),
  ]);
  expect(wide.find(({ model }) => model !== "seen")).toMatchObject({ "pope v1 vision gain, without an image": "" });
  expect(seen["pope v1 vision gain, with another sample's image"]).toBe("");
  const long: Record<string, string>[] = parseCsv(boardLongCsv(board), { columns: true });
  expect(long.find(({ metric }) => metric === "vision gain (none)")).toMatchObject({
    ...{ model: "seen", task: "pope", unit: "fraction", value: "0.432", stderr: "0.02", interval_low: "0.381" },
    ...{ n: "64", rank: "" },
  });
  expect(
    JSON.parse(boardJson(board)).entries.find((one: { task: string }) => one.task === "pope").visionGain.none,
  ).toEqual(gain);
  const html = boardHtml(board);
  expect(html).toContain("vision gain, without an image");
  expect(html).toContain("<td>43.2 [38.1, 48.2]</td>");
  expect(boardMarkdown(board, { columns: ["gqa"] })).not.toContain("gain");
  expect(boardMarkdown(board, { columns: ["pope"] })).toContain("43.2 [38.1, 48.2]");
});

test("in lines: each way, what it cannot say, and its sub-scores", () => {
  const whole = {
    ...gain,
    leftOut: { unscored: 0, withoutImage: 0 },
    groups: { kind: { yes: { value: 0.5, n: 2, sighted: 1, blind: 0.5 } } },
    notes: ["a note"],
  };
  expect(gainTexts({ none: whole })).toEqual([
    "vision gain 43.2 [38.1, 48.2], n=64; 36.8 without an image; right blind 21.9 [13.0, 33.0] %, the other 50 score 74.4 [61.0, 85.0]",
    "a note",
    "vision gain by kind: yes 50.0",
  ]);
  expect(gainTexts()).toEqual([]);
});
