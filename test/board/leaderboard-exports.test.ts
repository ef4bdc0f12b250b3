import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse as parseCsv } from "csv-parse/sync";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { csv, formulaSafe } from "../../src/board/format/csv.js";
import { readCsv } from "../../src/board/format/read-csv.js";
import { boardLongCsv, boardWideCsv } from "../../src/board/leaderboard/as-csv.js";
import { boardHtml } from "../../src/board/leaderboard/as-html.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardModelIndex } from "../../src/board/leaderboard/as-model-index.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import { importLmmsEval } from "../../src/board/leaderboard/import-lmms-eval.js";
import { importVlmEvalKit } from "../../src/board/leaderboard/import-vlmevalkit.js";
import { writeSite } from "../../src/board/leaderboard/site.js";
import { Leaderboard, type LeaderboardEntry } from "../../src/core/result.js";
import { Type, violationOf } from "../../src/core/schema.js";
import { entry } from "./leaderboard-entry.js";
import { temporaryFolder } from "./run-fixture.js";

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

test("model-index is valid for the card schema, for readers of YAML 1.2 and 1.1", () => {
  const text = boardModelIndex(board, "0.1.0");
  for (const version of ["1.2", "1.1"] as const) {
    const card = parseYaml(text, { version });
    expect(violationOf(CardSchema, card)).toBeUndefined();
    const no = card["model-index"].find(({ name }: { name: unknown }) => name === "no");
    expect(no.results[0].dataset).toEqual({
      type: "lmms-lab/VQAv2",
      name: "vqav2",
      split: "validation",
      revision: "012",
    });
    expect(no.results[0].metrics[0]).toMatchObject({ type: "accuracy", value: 75 });
  }
});

test("Markdown keeps hostile model names inside code", () => {
  const text = boardMarkdown(board);
  expect(text.replace(/<code>[^<]*<\/code>/g, "")).not.toMatch(/<|@|http|`/);
  for (const line of text.split("\n").filter((line) => line.startsWith("| <code>")))
    expect(line.split(" | ")).toHaveLength(4);
});

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

test.skipIf(!browserPath)(
  "the HTML page shows every row in Chromium and runs nothing (skipped without chromium)",
  async () => {
    await using folder = await temporaryFolder();
    const site = join(folder.dir, "site");
    await writeSite(board, site, "0.1.0");
    const browser = await chromium.launch({ executablePath: browserPath as string, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      await page.goto(pathToFileURL(join(site, "index.html")).href);
      expect(await page.title()).toBe("llava-eval leaderboard");
      const names = await page.locator("tbody tr td:first-child").allTextContents();
      expect(new Set(names)).toEqual(new Set(board.rows.map(({ model }) => model)));
      expect(await page.locator("script").count()).toBe(0);
      expect(
        await page
          .locator("th")
          .first()
          .evaluate((cell) => getComputedStyle(cell).textAlign),
      ).toBe("left"); // the style passed its CSP
      expect(problems).toEqual([]);
      for (const link of await page.locator("p a").all())
        expect(existsSync(join(site, (await link.getAttribute("href")) ?? ""))).toBe(true);
    } finally {
      await browser.close();
    }
    const json = JSON.parse(await readFile(join(site, "leaderboard.json"), "utf8"));
    expect(violationOf(Leaderboard, json)).toBeUndefined();
  },
);

test("HTML has no scripts and a policy that allows none", () => {
  const html = boardHtml(board);
  expect(html).not.toContain("<script");
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'"/);
});

test("lmms-eval's results become entries under our task names, marked with their origin", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.dir, "20260101_000000_results.json");
  const results = {
    results: {
      docvqa_val: { alias: "docvqa_val", "anls,none": 0.744, "anls_stderr,none": 0.005, "anls_stderr_clt,none": 0.005 },
      mme: {
        alias: "mme",
        "mme_perception_score,none": 1519.3,
        "mme_perception_score_stderr,none": "N/A",
        "mme_cognition_score,none": 323.2,
      },
      mmbench_en_dev: { alias: "mmbench_en_dev", "gpt_eval_score,none": 67.4 },
      group: { alias: "group" },
    },
    "n-samples": { docvqa_val: { original: 5349, effective: 5349 }, mme: { original: 2374, effective: 100 } },
    higher_is_better: { docvqa_val: { anls: true } },
    model_name: "liuhaotian/llava-v1.6-vicuna-7b",
    config: { model: "llava" },
  };
  await writeFile(path, JSON.stringify(results));
  const found = await importLmmsEval(path, (theirs) => (theirs === "docvqa_val" ? "docvqa" : theirs));
  expect(found.map(({ task, flags, origin }) => [task, flags, origin])).toEqual([
    ["docvqa", [], "lmms-eval"],
    ["mme", ["partial"], "lmms-eval"],
    ["mmbench_en_dev", [], "lmms-eval"],
  ]);
  expect(found[0]).toMatchObject({
    model: "liuhaotian/llava-v1.6-vicuna-7b",
    metrics: [{ name: "anls", unit: "fraction", value: 0.744, stderr: 0.005, n: 5349 }],
  });
  expect(found[1]?.metrics.map(({ name, unit, value }) => [name, unit, value])).toEqual([
    ["mme_perception_score", "points", 1519.3],
    ["mme_cognition_score", "points", 323.2],
  ]);
  expect(found[2]?.metrics[0]).toMatchObject({ unit: "percent", value: 67.4 });
  await writeFile(path, '{"results": []}');
  await expect(importLmmsEval(path, (theirs) => theirs)).rejects.toMatchObject({ where: path });
});

test("VLMEvalKit's files become entries: fractions, per cent, points and captions by their form", async () => {
  await using folder = await temporaryFolder();
  const dir = join(folder.dir, "outputs", "llava_v1.5_7b");
  await mkdir(dir, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "llava_v1.5_7b_MMBench_DEV_EN_acc.csv": '"split","Overall","AR"\n"train","0.5","0.5"\n"dev","0.643","0.7"\n',
    "llava_v1.5_7b_TextVQA_VAL_acc.csv": '"Overall"\n"45.5"\n',
    "llava_v1.5_7b_POPE_score.csv":
      '"split","Overall","acc","precision","recall"\n"Overall","86.1","87.0","90.1","82.4"\n"random","87","88","90","84"\n',
    "llava_v1.5_7b_MME_score.csv": '"perception","reasoning","OCR"\n"1506.2","302.1","125"\n',
    "llava_v1.5_7b_HallusionBench_score.csv": '"split","aAcc","fAcc","qAcc"\n"Overall","48.8","20.5","14.1"\n',
    "llava_v1.5_7b_MathVista_MINI_gpt-4-turbo_score.csv":
      '"Task&Skill","tot","prefetch","hit","prefetch_rate","acc"\n"Overall","1000","300","256","30","25.6"\n"geometry","200","1","1","1","9"\n',
    "llava_v1.5_7b_COCO_VAL_score.json": '{"Bleu":[70.1,50.2],"ROUGE_L":50.0,"CIDEr":110.2}',
    "llava_v1.5_7b_OCRBench_score.json": '{"Text Recognition":160,"Final Score":318,"Final Score Norm":31.8}',
    "llava_v1.5_7b_MMBench_DEV_EN.xlsx": "not a result",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const found = await importVlmEvalKit(join(folder.dir, "outputs"), (theirs) => theirs);
  const shown = Object.fromEntries(
    found.map(({ model, task, metrics: [main] }) => [task, [model, main?.name, main?.unit, main?.value]]),
  );
  const model = "llava_v1.5_7b";
  expect(shown).toEqual({
    mmbench_en: [model, "Overall", "fraction", 0.643],
    textvqa: [model, "Overall", "percent", 45.5],
    pope: [model, "F1", "percent", 86.1],
    mme: [model, "perception", "points", 1506.2],
    hallusion_bench_image: [model, "aAcc", "percent", 48.8],
    mathvista: [model, "acc", "percent", 25.6],
    coco2014_cap: [model, "CIDEr", "ratio", 110.2],
    ocrbench: [model, "Final Score", "points", 318],
  });
  await expect(importVlmEvalKit(join(dir, "llava_v1.5_7b_MMBench_DEV_EN.xlsx"), (theirs) => theirs)).rejects.toThrow();
});

test("readCsv reads quoted commas, doubled quotes, line breaks and carriage returns", () => {
  expect(readCsv('\ufeffa,"b,c"\r\n"d ""e""","f\ng"\n\n1,\n')).toEqual([
    ["a", "b,c"],
    ['d "e"', "f\ng"],
    ["1", ""],
  ]);
});
