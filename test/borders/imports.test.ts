/** Invented results files: each ends as entries whose numbers stand in the file, or as the user's error; never as anything else. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { boardLongCsv, boardWideCsv } from "../../src/board/leaderboard/as-csv.js";
import { boardHtml } from "../../src/board/leaderboard/as-html.js";
import { boardJson } from "../../src/board/leaderboard/as-json.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardTable } from "../../src/board/leaderboard/as-table.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import { readImports } from "../../src/board/leaderboard/import/read-imports.js";
import { UserError } from "../../src/core/errors.js";
import { violationOf } from "../../src/core/schema.js";
import { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { damaged, inventedFiles, inventedTimeout } from "../invented.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "llava-eval-imports-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const taskName = (theirs: string) => (theirs === "mmmu_val" ? "mmmu" : theirs);

/** What must hold of any file. @returns the entries, where there are any */
async function imported(kind: string, path: string, content: string | Buffer): Promise<readonly LeaderboardEntry[]> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  let entries: readonly LeaderboardEntry[];
  try {
    entries = (await readImports([`${kind}:${path}`], taskName)).entries;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [];
  }
  const written = new Set((String(content).match(/\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?/gi) ?? []).map(Number));
  for (const entry of entries) {
    expect(violationOf(LeaderboardEntry, JSON.parse(JSON.stringify(entry)))).toBeUndefined();
    for (const { value, stderr, interval, unit } of entry.metrics) {
      if (value === null) continue;
      // Captions are divided by the hundred that VLMEvalKit multiplies by.
      const stands = [...written].some((number) => number === Math.abs(value) || number / 100 === value);
      expect([value, stands]).toEqual([value, true]);
      if (unit === "fraction") expect(value >= 0 && value <= 1).toBe(true);
      if (stderr !== undefined) expect(stderr >= 0 && interval !== undefined).toBe(true);
      if (interval) expect(interval[0] <= value && value <= interval[1]).toBe(true);
    }
  }
  const board = makeBoard(entries, { include: ["partial"], suites: [] });
  for (const form of [boardTable, boardJson, boardWideCsv, boardLongCsv, boardMarkdown, boardHtml])
    expect(form(board)).toBeTypeOf("string");
  return entries;
}

const names = fc.oneof(
  fc.constantFrom(
    "mmmu_val",
    "mme",
    "pope",
    "mmbench_en_dev",
    "coco2017_cap_val",
    "__proto__",
    "constructor",
    "",
    "a/../b",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const metricNames = fc.oneof(
  fc.constantFrom(
    "mmmu_acc",
    "mme_perception_score",
    "pope_f1_score",
    "gpt_eval_score",
    "coco_CIDEr",
    "acc",
    "toString",
  ),
  fc.string({ maxLength: 8 }),
);
const suffixes = fc.constantFrom(
  ",none",
  "",
  ",flexible-extract",
  "_stderr,none",
  "_stderr_clt,none",
  "_stderr_clustered,none",
  ",,",
);
const cells = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom("N/A", "0.312", "-inf", "nan", "1e400", "", " ", null, true, [], {}, "12abc", 1e308, -0),
  fc.jsonValue(),
);
/** A JSON text as Python writes it: some numbers are NaN. */
const asPython = (value: unknown) => JSON.stringify(value).replaceAll('"nan"', "NaN").replaceAll('"-inf"', "-Infinity");

const results = fc.dictionary(
  names,
  fc
    .array(fc.tuple(metricNames, suffixes, cells), { maxLength: 6 })
    .map((list) => Object.fromEntries(list.map(([name, suffix, cell]) => [name + suffix, cell]))),
  { maxKeys: 4 },
);
const other = fc.dictionary(
  fc.constantFrom(
    "n-samples",
    "higher_is_better",
    "config",
    "model_configs",
    "groups",
    "group_subtasks",
    "versions",
    "date",
    "model_name",
    "model_source",
    "lm_eval_version",
  ),
  fc.oneof(
    fc.jsonValue(),
    fc.dictionary(names, fc.oneof(fc.record({ original: cells, effective: cells }), cells)),
    fc.record({ model_args: fc.oneof(fc.string(), fc.constant("pretrained=,=,peft='")), limit: cells }),
  ),
);
const harnessFiles = fc
  .tuple(fc.oneof(results, fc.jsonValue()), other)
  .map(([table, rest]) => asPython({ results: table, ...rest }));

test(
  "an invented file of lmms-eval or lm-eval gives numbers that stand in it, or the user's error",
  async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("lmms-eval", "lm-eval"), harnessFiles, async (kind, content) => {
        read += (await imported(kind, join(dir, "m", "x_results.json"), content)).length;
      }),
      inventedFiles(),
    );
    expect(read).toBeGreaterThan(0);
  },
  inventedTimeout,
);

test(
  "a damaged one is the user's error, or what is still a results file",
  async () => {
    await fc.assert(
      fc.asyncProperty(damaged(harnessFiles), async (content) => {
        await imported("lmms-eval", join(dir, "m", "x_results.json"), content);
      }),
      inventedFiles(),
    );
  },
  inventedTimeout,
);

const columns = fc.constantFrom(
  "split",
  "Overall",
  "perception",
  "aAcc",
  "precision",
  "acc",
  "tot",
  "Relative Score (main)",
  "Final Score",
  "CIDEr",
  "__proto__",
  "x",
);
const csvCells = fc.oneof(
  fc.constantFrom("Overall", "dev", "none", "validation", "0.5", "61.2", "nan", "", "1e999", "-3", '"', "a,b"),
  fc.double().map(String),
  fc.string({ maxLength: 6 }),
);
const vlmFiles = fc.oneof(
  fc
    .tuple(fc.array(columns, { maxLength: 5 }), fc.array(fc.array(csvCells, { maxLength: 6 }), { maxLength: 4 }))
    .map(([head, lines]) => ({
      end: "csv" as const,
      text: [head, ...lines].map((line) => line.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\n"),
    })),
  fc
    .oneof(fc.array(fc.dictionary(columns, fc.oneof(csvCells, cells))), fc.dictionary(columns, cells), fc.jsonValue())
    .map((value) => ({
      end: "json" as const,
      text: asPython(value),
    })),
);
const datasets = fc.oneof(
  fc.constantFrom(
    "MMBench_DEV_EN",
    "POPE",
    "MME",
    "OCRBench",
    "COCO_VAL",
    "MathVista_MINI_gpt-4o",
    "SEEDBench2_Plus",
    "X_exact_matching",
    "_",
    "",
  ),
  fc.stringMatching(/^[A-Za-z_0-9-]{0,20}$/),
);

test(
  "an invented file of VLMEvalKit gives numbers that stand in it, or the user's error",
  async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(datasets, fc.constantFrom("acc", "score"), vlmFiles, async (dataset, kind, { end, text }) => {
        const path = join(dir, "model_a", `model_a_${dataset}_${kind}.${end}`);
        read += (await imported("vlmevalkit", path, text)).length;
        await rm(path, { force: true });
      }),
      inventedFiles(),
    );
    expect(read).toBeGreaterThan(0);
  },
  inventedTimeout,
);
