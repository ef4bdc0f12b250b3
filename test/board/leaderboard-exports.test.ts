import { parse as parseCsv } from "csv-parse/sync";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { csv, formulaSafe } from "../../src/board/format/csv.js";
import { readCsv } from "../../src/board/format/read-csv.js";
import { boardLongCsv, boardWideCsv } from "../../src/board/leaderboard/as-csv.js";
import { boardHtml } from "../../src/board/leaderboard/as-html.js";
import { boardLatex } from "../../src/board/leaderboard/as-latex.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardModelIndex } from "../../src/board/leaderboard/as-model-index.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import { Type, violationOf } from "../../src/core/schema.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { entry } from "./leaderboard-entry.js";

const evil = '=cmd|" /C calc"!A0';
const entries: LeaderboardEntry[] = [
  entry(evil, "vqav2", 0.781),
  entry("no", "vqav2", 0.75, { dataset: { source: "lmms-lab/VQAv2", split: "validation", revision: "012" } }),
  entry("<script>document.title='owned'</script>", "vqav2", 0.7),
  entry('line\nbreak, "quoted"', "gqa", 0.6),
  entry("@team [x](http://e.example) | `y`", "gqa", 0.5),
  entry("flagged", "gqa", 0.9, { flags: ["partial"] }),
];
const board = makeBoard(entries, { include: [], suites: [{ name: "both", tasks: ["vqav2", "gqa"] }] });

test("wide and long CSV are read back by csv-parse: every model and number, no cell that starts a formula", () => {
  const wide: Record<string, string>[] = parseCsv(boardWideCsv(board), { columns: true });
  expect(wide).toHaveLength(5);
  const byModel = Object.fromEntries(wide.map((row) => [row.model, row]));
  expect(Number(byModel[`'${evil}`]?.["vqav2 v1 accuracy"])).toBeCloseTo(78.1, 12);
  expect(byModel['line\nbreak, "quoted"']?.["gqa v1 accuracy"]).toBe("60");
  const long: Record<string, string>[] = parseCsv(boardLongCsv(board), { columns: true });
  expect(long).toHaveLength(5);
  expect(long.find(({ model }) => model === "no")).toMatchObject({
    value: "0.75",
    revision: "012",
    rank: "2",
    scored: "1000",
  });
  for (const row of [...wide, ...long])
    for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+@\t\r]|^-(?!\d)/);
});

test("what VLMEvalKit calls a number stands under the board and in the long CSV, and is not said twice where it is our word", () => {
  const named = (task: string, reportedAs: string, more: Partial<LeaderboardEntry> = {}) => {
    const { metrics, ...rest } = entry("m", task, 0.5, { scoring: "vlmevalkit", ...more });
    return { ...rest, metrics: metrics.map((metric) => ({ ...metric, reportedAs })) };
  };
  const some = [named("ai2d", "Overall"), named("mmmu", "Overall"), named("gqa", "accuracy"), entry("m", "pope", 0.5)];
  const shown = makeBoard(some, { include: [], suites: [] });
  const note = 'vlmevalkit scoring reports accuracy as "Overall": ai2d v1, mmmu v1';
  expect(boardMarkdown(shown).match(/reports .*/g)).toEqual([note.replace("vlmevalkit scoring ", "")]);
  expect(boardMarkdown(shown)).toContain(note);
  expect(boardLatex(shown)).toContain(`% ${note}\n`);
  expect(boardHtml(shown).match(/reported as &quot;Overall&quot;/g)).toHaveLength(2);
  const long: Record<string, string>[] = parseCsv(boardLongCsv(shown), { columns: true });
  expect(Object.fromEntries(long.map((row) => [row.task, row.reported_as]))).toEqual({
    ...{ ai2d: "Overall", mmmu: "Overall", gqa: "accuracy", pope: "" },
  });
  expect(boardModelIndex(shown, "1.0.0").match(/reported_as: Overall/g)).toHaveLength(2);
});

test("formulaSafe guards text in every form a spreadsheet runs, and numbers stay numbers", () => {
  for (const text of ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
    expect(formulaSafe(text)).toBe(`'${text}`);
  for (const text of ["a=1", "1", "", "yes"]) expect(formulaSafe(text)).toBe(text);
  expect(csv(["n"], [[-0.5], [1e-7], ["-0.5"]])).toBe("n\n-0.5\n1e-7\n'-0.5\n");
});

/** hub-docs modelcard.md: what the hub verifies of `model-index`. */
const CardSchema = Type.Object({
  "model-index": Type.Array(
    Type.Object(
      {
        name: Type.String(),
        results: Type.Array(
          Type.Object(
            {
              task: Type.Object(
                { type: Type.String(), name: Type.Optional(Type.String()) },
                { additionalProperties: false },
              ),
              dataset: Type.Object(
                {
                  type: Type.String(),
                  name: Type.String(),
                  config: Type.Optional(Type.String()),
                  split: Type.Optional(Type.String()),
                  revision: Type.Optional(Type.String()),
                  args: Type.Optional(Type.Object({})),
                },
                { additionalProperties: false },
              ),
              metrics: Type.Array(
                Type.Object(
                  {
                    type: Type.String(),
                    value: Type.Number(),
                    name: Type.Optional(Type.String()),
                    config: Type.Optional(Type.String()),
                    args: Type.Optional(Type.Object({})),
                    verified: Type.Optional(Type.Boolean()),
                  },
                  { additionalProperties: false },
                ),
                { minItems: 1 },
              ),
              source: Type.Optional(Type.Object({ name: Type.String(), url: Type.String() })),
            },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
  ),
});

const oneModel = (entries: LeaderboardEntry[]) => makeBoard(entries, { include: [], suites: [] });

test("model-index is valid for the card schema, for readers of YAML 1.2 and 1.1", () => {
  for (const [model, task, value] of [
    ["no", "vqav2", 75],
    [evil, "vqav2", 78.1],
    ['line\nbreak, "quoted"', "gqa", 60],
  ] as const) {
    const text = boardModelIndex(makeBoard(entries, { include: [], suites: [], models: [model] }), "0.1.0");
    for (const version of ["1.2", "1.1"] as const) {
      const card = parseYaml(text, { version });
      expect(violationOf(CardSchema, card)).toBeUndefined();
      expect(card["model-index"]).toMatchObject([{ name: model, results: [{ dataset: { name: task } }] }]);
      expect(card["model-index"][0].results[0].metrics[0]).toMatchObject({
        type: "accuracy",
        value,
        name: `${task} accuracy`,
      });
    }
  }
});

test("a card is about one model: several are refused, as huggingface_hub gives all results to the last", () => {
  expect(() => boardModelIndex(board, "0.1.0")).toThrow(/one model, and the board has 5/);
});

test("two tasks over one split keep apart in a card, whose readers merge what agrees in data set, config, split and revision", () => {
  const dataset = { source: "org/RefCOCO", split: "val", revision: "r1" };
  const text = boardModelIndex(
    oneModel([entry("m", "refcoco", 0.8, { dataset }), entry("m", "refcoco_seg", 0.7, { dataset })]),
    "0.1.0",
  );
  const [{ results }] = parseYaml(text)["model-index"];
  const keys = results.map((result: { dataset: object }) => JSON.stringify({ ...result.dataset, name: undefined }));
  expect(new Set(keys).size).toBe(2);
  expect(results.map((result: { dataset: { config?: string } }) => result.dataset.config)).toEqual([
    "refcoco",
    "refcoco_seg",
  ]);
});

test("a card has ratios with four digits and never rows of a folder of ours", () => {
  const cider = { name: "CIDEr", unit: "ratio", direction: "higher", value: 1.23456, stderr: 0.00451, n: 10 } as const;
  const local = entry("m", "mmmu", 0.9, { dataset: { source: "/home/me/rows", split: "val" } });
  const text = boardModelIndex(oneModel([entry("m", "coco2017_cap", 0, { metrics: [cider] }), local]), "0.1.0");
  const [{ results }] = parseYaml(text)["model-index"];
  expect(results).toHaveLength(1);
  expect(results[0].metrics[0]).toMatchObject({ value: 1.235, args: { stderr: 0.00451 } });
  expect(text).not.toContain("/home/me");
  expect(text).toMatch(/# left out: "mmmu", whose rows are not the hub's/);
});

test("HTML has no scripts and a policy that allows none", () => {
  const html = boardHtml(board);
  expect(html).not.toContain("<script");
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'"/);
});

test("readCsv reads quoted commas, doubled quotes, line breaks and carriage returns", () => {
  expect(readCsv('\ufeffa,"b,c"\r\n"d ""e""","f\ng"\n\n1,\n')).toEqual([
    ["a", "b,c"],
    ['d "e"', "f\ng"],
    ["1", ""],
  ]);
});
