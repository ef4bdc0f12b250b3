/** What runs beside a run say, behind the scores of a board: columns, and never a score. */
import { parse as parseCsv } from "csv-parse/sync";
import { expect, test } from "vitest";
import { linesBeside, saidBeside } from "../../src/board/beside-words.js";
import { boardLongCsv, boardWideCsv } from "../../src/board/leaderboard/as-csv.js";
import { boardHtml } from "../../src/board/leaderboard/as-html.js";
import { boardJson } from "../../src/board/leaderboard/as-json.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardTable } from "../../src/board/leaderboard/as-table.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import type { Spread } from "../../src/core/spread.js";
import type { EntryGain } from "../../src/core/vision-gain.js";
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

const measured = { metric: "accuracy", unit: "fraction", n: 60, leftOut: 0, notes: [] } as const;
const spread: Spread = {
  prompts: {
    ...measured,
    ...{ deviation: 0.272, interval: [0.211, 0.334], sampling: 0.056 },
    profiles: [
      { profile: "default", value: 0.85 },
      { profile: "official", value: null },
    ],
  },
  orders: {
    ...{ ...measured, orders: 4, fixed: 2, own: 0.85, value: 0.842, interval: [0.758, 0.926], deviation: 0.025 },
    changed: { share: 0.133, interval: [0.069, 0.242], n: 60 },
    everyOrder: { share: 0.783, n: 60 },
    places: [
      { place: "A", value: 0.867, n: 60 },
      { place: "B", value: 0.9, n: 60 },
    ],
  },
  budgets: {
    ...measured,
    budgets: [
      { maxNewTokens: 1, value: 0.917, truncated: { share: 1, n: 60 } },
      {
        maxNewTokens: 16,
        value: 0.967,
        truncated: { share: 0, n: 60 },
        gain: { value: 0.05, interval: [-0.012, 0.112] },
      },
    ],
  },
};

test("how much a score owes to the way of asking: one column a kind, two more where there is room", () => {
  const asked = makeBoard(
    [
      entry("usual", "pope", 0.9),
      entry("also", "pope", 0.7, { spread: { prompts: { ...measured, profiles: [], notes: ["no mean"] } } }),
      entry("all ways", "pope", 0.8, { spread, visionGain: { none: gain } }),
    ],
    { include: [], suites: [] },
  );
  const wide: Record<string, string>[] = parseCsv(boardWideCsv(asked), { columns: true });
  const columns = Object.keys(wide[0] ?? {}).filter((name) => !/ (low|high)$/.test(name));
  expect(columns.slice(5)).toEqual(
    [
      ...head("without an image"),
      "sd between prompts",
      "answers change with the options' order",
      "score over the options' orders",
      "gain of the largest budget",
      "cut off in the largest budget",
    ].map((measure) => `pope v1 ${measure}`),
  );
  const row = wide.find(({ model }) => model === "all ways") ?? {};
  expect(columns.slice(8).map((name) => Number(row[name]))).toEqual(
    [27.2, 13.3, 84.2, 5, 0].map((value) => expect.closeTo(value, 9)),
  );
  // Nothing is told of a metric that is no mean of samples, and nothing of who was asked in one way.
  for (const model of ["usual", "also"])
    expect(wide.find((one) => one.model === model)).toMatchObject({ "pope v1 sd between prompts": "" });

  const [first, narrow] = [200, 60].map((width) => boardTable(asked, { width }));
  expect(first).toContain("score over the options' orders");
  expect(narrow).not.toContain("score over");
  expect(boardMarkdown(asked, {})).toContain(
    "| 27.2 [21.1, 33.4] | 13.3 [6.9, 24.2] | 84.2 [75.8, 92.6] | 5.0 [-1.2, 11.2] | 0.0 |",
  );
  expect(boardHtml(asked)).toContain("<td>27.2 [21.1, 33.4]</td>");
  expect(JSON.parse(boardJson(asked)).entries.find((one: { run: string }) => one.run === "all ways").spread).toEqual(
    spread,
  );
  const long: Record<string, string>[] = parseCsv(boardLongCsv(asked), { columns: true });
  const said = Object.fromEntries(
    long.filter(({ model }) => model === "all ways").map(({ metric = "", value, n }) => [metric, `${value} ${n}`]),
  );
  expect(said).toMatchObject({
    "sd between prompts": "0.272 60",
    "accuracy (profile default)": "0.85 60",
    "accuracy (profile official)": " 60",
    "right in every order": "0.783 60",
    "sd of a drawn order": "0.025 60",
    "accuracy (right one at B)": "0.9 60",
    "accuracy (1 tokens)": "0.917 60",
    "cut off (1 tokens)": "1 60",
    "gain of the largest budget": "0.05 60",
  });
});

test("in lines: each way, what it cannot say, its sub-scores; the same on a page as in a terminal", () => {
  const ofGroup = { value: 0.5, n: 2, sighted: 1, blind: 0.5 };
  const whole = {
    ...gain,
    leftOut: { unscored: 0, withoutImage: 3 },
    groups: { kind: { yes: { ...ofGroup, solvable: { n: 1, share: 0.5 } }, no: ofGroup } },
    notes: ["a note"],
  };
  expect(saidBeside({ visionGain: { none: whole }, spread }).map(({ name, text }) => `${name}: ${text}`)).toEqual([
    "vision gain: 43.2 [38.1, 48.2]; n=64; 36.8 without an image; left out: 3 that show nothing anyway",
    "right blind: 14 of 64 (21.9% [13.0, 33.0]); 20.0% of the right ones; the other 50 score 74.4 [61.0, 85.0]",
    "gain, kind: yes 50.0; no 50.0",
    "right blind, kind: yes 50.0%",
    "note: a note",
    "prompts: sd 27.2 [21.1, 33.4] between 2 profiles, 5.6 from the sampling of items; default 85.0; official -; n=60",
    "orders: 84.2 [75.8, 92.6] over 4 orders, 85.0 in its own; 13.3% [6.9, 24.2] of 60 change with the order; 78.3% right in every order; with the right one at A 86.7, B 90.0; a drawn order moves the score by 2.5 (sd); 2 cannot be moved",
    "budgets: 1 token: 91.7, 100.0% cut off; 16 tokens: 96.7, +5.0 [-1.2, 11.2], 0.0% cut off; n=60",
  ]);
  // What a model or a file calls itself does nothing in a terminal.
  const named = { ...spread.prompts, profiles: [{ profile: "\u001b[31m", value: 1 }] } as Spread["prompts"];
  expect(JSON.stringify(saidBeside({ spread: { ...(named ? { prompts: named } : {}) } }))).not.toContain("\\u001b");
  expect(linesBeside({})).toEqual([]);
});
