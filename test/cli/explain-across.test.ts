/** `explain OUR_RUN lmms-eval:FILE | vlmevalkit:FILE`: planted differences, each found in its layer. */
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import type { Across } from "../../src/board/explain/across/across.js";
import type { AcrossLayer } from "../../src/board/explain/across/pairs.js";
import { lmmsEvalSamples, vlmEvalKitSamples } from "../../src/board/explain/across/theirs.js";
import { readCsv, recordsOf } from "../../src/board/format/read-csv.js";
import { readForeignText } from "../../src/board/leaderboard/import/foreign-file.js";
import { readSheet } from "../../src/datasets/xlsx.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { root, type SampleLine } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { drawnImage } from "../fakes/images.js";
import { runCommand } from "./run-command.js";

const files = join(root, "test", "board", "across");
const resultFile = "llava_v1.5_7b_MMStar_exact_matching_result.xlsx";

let place: string;
const file = (...parts: readonly string[]) => join(place, ...parts);
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "llava-eval-across-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

async function explained(...args: readonly string[]): Promise<Across> {
  return JSON.parse((await runCommand(["explain", ...args, "--format", "json"])).stdout);
}
const layer = ({ layers }: Across, name: AcrossLayer) => layers.find((one) => one.layer === name);

test("an Excel file as xlsxwriter writes it is read cell by cell: numbers, gaps, entities, what XML cannot hold", async () => {
  const [head, ...rows] = await readSheet(join(files, resultFile));
  expect(head).toEqual([
    "index",
    "question",
    "A",
    "B",
    "C",
    "D",
    "answer",
    "category",
    "l2-category",
    "prediction",
    "hit",
    "log",
  ]);
  expect(rows).toHaveLength(24);
  expect(rows[0]?.slice(0, 11)).toEqual([
    "0",
    "What is shown",
    "a dog",
    "blue",
    "bus stop",
    "",
    "A",
    "z",
    "p",
    "<think>A or B?</think>B",
    "0",
  ]);
  expect(rows[5]?.slice(2, 6), "a gap stays a gap").toEqual(["", "a dog", "green", "12"]);
  await writeFile(file("no.xlsx"), "no");
  await expect(readSheet(file("no.xlsx"))).rejects.toMatchObject({ message: expect.stringContaining("no Excel file") });
  await expect(readSheet(file("gone.xlsx"))).rejects.toMatchObject({ where: file("gone.xlsx") });
});

test("what is no table of VLMEvalKit's is refused by name, and of two columns of one name the first is meant, as pandas has it", async () => {
  const columns = recordsOf(readCsv("index,prediction,prediction\n0,A,B\n"));
  expect(columns).toEqual([{ index: "0", prediction: "A" }]);
  for (const name of ["pipe.xlsx", "pipe.tsv"]) execFileSync("mkfifo", [file(name)]);
  await expect(readSheet(file("pipe.xlsx"))).rejects.toMatchObject({ where: file("pipe.xlsx") });
  await expect(readForeignText(file("pipe.tsv"), "name a file")).rejects.toMatchObject({ where: file("pipe.tsv") });
  const rows = (...read: readonly unknown[]) => vlmEvalKitSamples(read, "list.json");
  expect(() => rows(null, 3)).toThrow("the table has no column `prediction`");
  expect(() => rows({ index: 0, prediction: "A" }, null)).toThrow(
    expect.objectContaining({ where: "list.json, row 1" }),
  );
  expect(rows({ index: 0, prediction: null }).map(({ text }) => text)).toEqual([""]);
});

interface MMStarRow {
  readonly index: number;
  readonly answer: string;
  readonly [column: string]: unknown;
}

interface ResultSet {
  readonly task: string;
  readonly folder: string;
  readonly samples: string;
  /** Our ids of one of its rows. */
  readonly ids: (cells: Readonly<Record<string, string>>) => readonly string[];
  readonly both: number;
  readonly value: number;
}

// What it writes in other forms than options: F1 over rows that count in several categories, likenesses that stand as distances and a number
// in per cent, open questions that become choices when they are scored, and two splits in one file.
describe("other result sets of VLMEvalKit, over its own rows", () => {
  const sets: readonly ResultSet[] = [
    {
      ...{ task: "pope", folder: "pope", samples: "llava_v1.5_7b_POPE_auxmatch.xlsx", both: 31, value: 0.785714285714 },
      ids: ({ category = "", index }) => category.split(",").map((one) => `${one}-${index}`),
    },
    {
      ...{
        task: "docvqa",
        folder: "docvqa",
        samples: "llava_v1.5_7b_DocVQA_VAL_results.xlsx",
        both: 20,
        value: 0.4275,
      },
      ids: ({ index = "" }) => [index],
    },
    ...(["mmmu", "mmmu@dev"] as const).map((task) => ({
      ...{ task, folder: "mmmu", samples: "llava_v1.5_7b_MMMU_DEV_VAL_exact_matching_result.xlsx", value: 0.5 },
      both: task === "mmmu" ? 18 : 6,
      ids: ({ id = "" }: Readonly<Record<string, string>>) => [id],
    })),
  ];

  test.each(sets)("$task: no score differs by its own rule, and its number is ours", async (set) => {
    const data = join(files, set.folder);
    const [head = [], ...rows] = await readSheet(join(data, set.samples));
    const answers = rows.flatMap((cells) => {
      const row = Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ""]));
      return set.ids(row).map((id) => `${JSON.stringify({ id, text: row.prediction })}\n`);
    });
    const place = file(`set-${set.task}`);
    await mkdir(place);
    const out = join(place, "run");
    const said = join(place, `${set.task}.samples.jsonl`);
    await writeFile(said, answers.join(""));
    const model = `replay:${said}`;
    await evaluate({ tasks: set.task, data, model, out, scoring: "vlmevalkit", promptProfile: "vlmevalkit" });
    const across = await explained(out, `vlmevalkit:${join(data, set.samples)}`, "--data", data, "--tasks", set.task);
    expect(across.ours).toBeCloseTo(set.value, 10);
    expect(across.theirs).toBeCloseTo(set.value, 10);
    expect(across.samples.both).toBe(set.both);
    expect(across.samples.onlyOurs).toBe(0);
    for (const { layer: name, samples, scores } of across.layers)
      expect([name, name === "answer" ? 0 : samples, scores]).toEqual([name, 0, 0]);
    const own = across.scorings.find(({ name }) => name === "vlmevalkit");
    if (own) expect(own.agrees).toBe(own.of);
  });

  test("a text that their file gives back otherwise is the same text, and is told of", async () => {
    const data = join(files, "docvqa");
    const [head = [], ...rows] = await readSheet(join(data, "llava_v1.5_7b_DocVQA_VAL_results.xlsx"));
    const place = file("set-altered");
    await mkdir(place);
    const said = join(place, "docvqa.samples.jsonl");
    const prediction = head.indexOf("prediction");
    // Their "nan" was a "None" when it was said.
    const answers = rows.map((cells) => {
      const text = cells[prediction] === "nan" ? "None" : cells[prediction];
      return `${JSON.stringify({ id: cells[0], text })}\n`;
    });
    await writeFile(said, answers.join(""));
    const rules = { scoring: "vlmevalkit", promptProfile: "vlmevalkit" } as const;
    await evaluate({ tasks: "docvqa", data, model: `replay:${said}`, out: join(place, "run"), ...rules });
    const theirs = `vlmevalkit:${join(data, "llava_v1.5_7b_DocVQA_VAL_results.xlsx")}`;
    const across = await explained(join(place, "run"), theirs, "--data", data);
    expect(rows.filter((cells) => cells[prediction] === "nan")).toHaveLength(1);
    expect(layer(across, "text")).toMatchObject({
      samples: 0,
      differences: [expect.stringMatching(/^1 stand there as their file alters them \(\d+\): the same text$/)],
    });
  });

  test("a sample that has no score here is told of beside the rule, and counts as no answer of ours", async () => {
    const data = join(files, "docvqa");
    const rows = (await readSheet(join(data, "llava_v1.5_7b_DocVQA_VAL_results.xlsx"))).slice(1);
    const place = file("set-unscored");
    await mkdir(place);
    const said = join(place, "docvqa.samples.jsonl");
    const answers = rows.flatMap(([id, , , text]) => (id === "1" ? [] : `${JSON.stringify({ id, text })}\n`));
    await writeFile(said, answers.join(""));
    const model = `replay:${said}`;
    const rules = { scoring: "vlmevalkit", promptProfile: "vlmevalkit", maxFailed: "100%" } as const;
    await evaluate({ tasks: "docvqa", data, model, out: join(place, "run"), ...rules });
    const theirs = `vlmevalkit:${join(data, "llava_v1.5_7b_DocVQA_VAL_results.xlsx")}`;
    const across = await explained(join(place, "run"), theirs, "--data", data);
    expect(layer(across, "rule")?.differences).toEqual(["1 that they score are unscored here: transport"]);
  });
});

describe("a real result set of VLMEvalKit", () => {
  let theirs: readonly Record<string, string>[];
  beforeAll(async () => {
    const [head = [], ...rows] = await readSheet(join(files, resultFile));
    theirs = rows.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ""])));
    await mkdir(file("theirs"));
    for (const name of [resultFile, "llava_v1.5_7b_MMStar_acc.csv"])
      await copyFile(join(files, name), file("theirs", name));
  });

  /** Our run over their rows and answers, as far as nothing is changed in them. */
  async function ours(
    name: string,
    change: { row?: (row: MMStarRow) => MMStarRow | undefined; text?: Readonly<Record<number, string>> } = {},
    more: object = {},
  ): Promise<string> {
    const folder = file(name);
    await mkdir(join(folder, "rows"), { recursive: true });
    await writeFile(join(folder, "rows", "x.jpg"), await drawnImage({ seed: 1, width: 32, height: 24 }));
    const rows = theirs.flatMap((cells): MMStarRow[] => {
      const { "l2-category": l2, hit: _1, log: _2, prediction: _3, index, ...rest } = cells;
      const options = Object.fromEntries(["A", "B", "C", "D"].map((letter) => [letter, cells[letter] || null]));
      const row = {
        ...rest,
        ...options,
        index: Number(index),
        answer: cells.answer as string,
        l2_category: l2,
        image: "x.jpg",
      };
      return change.row ? [change.row(row) ?? []].flat() : [row];
    });
    await writeFile(join(folder, "rows", "mmstar.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const answers = theirs.map(({ index, prediction }) => ({
      id: index,
      text: change.text?.[Number(index)] ?? prediction,
    }));
    await writeFile(join(folder, "mmstar.samples.jsonl"), answers.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const model = `replay:${join(folder, "mmstar.samples.jsonl")}`;
    await evaluate({ tasks: "mmstar", data: join(folder, "rows"), model, out: join(folder, "run"), ...more });
    return join(folder, "run");
  }

  test("the same answers by their own rule: nothing differs, and the number is theirs", async () => {
    const run = await ours("same", {}, { scoring: "vlmevalkit", promptProfile: "vlmevalkit" });
    const across = await explained(run, `vlmevalkit:${file("theirs", resultFile)}`);
    expect(across).toMatchObject({ task: "mmstar", harness: "vlmevalkit", closes: [] });
    expect(across.samples).toEqual({ both: 24, onlyOurs: 0, onlyTheirs: 0 });
    expect(across.ours).toBeCloseTo(7 / 24, 12);
    expect(across.theirs).toBeCloseTo(7 / 24, 12);
    for (const name of ["rows", "text", "rule", "aggregate"] as const)
      expect(layer(across, name), name).toMatchObject({ samples: 0, scores: 0, differences: [], told: true });
    expect(layer(across, "images")).toMatchObject({ told: false });
  });

  test("planted: a reference, options, texts, a row, and another rule, each in its layer, and the scoring that closes the gap", async () => {
    const run = await ours("planted", {
      row(row) {
        if (row.index === 2) return { ...row, answer: "B" };
        if (row.index === 4) return { ...row, A: "green", B: "12" };
        return row.index === 23 ? undefined : row;
      },
      text: { 7: "green", 19: "A" },
    });
    const across = await explained(run, `vlmevalkit:${file("theirs", resultFile)}`);
    expect(across.samples).toEqual({ both: 23, onlyOurs: 0, onlyTheirs: 1 });
    expect(layer(across, "rows")).toMatchObject({
      samples: 1,
      scores: 1,
      examples: ["2"],
      differences: ["1 samples are theirs alone"],
    });
    expect(layer(across, "options")).toMatchObject({ samples: 1, examples: ["4"] });
    expect(layer(across, "text")).toMatchObject({ samples: 2 });
    expect(layer(across, "text")?.examples.slice().sort()).toEqual(["19", "7"]);
    expect(layer(across, "text")?.scores).toBe(2);
    expect(across.first).toBe("rows");
    // Each changed score is one layer's, and the effects are the whole difference over the rows that both have.
    const total = across.layers.reduce((sum, one) => sum + (one.effect ?? 0), 0);
    const [start, end] = [layer(across, "rows")?.score as number, layer(across, "rule")?.score as number];
    expect(total).toBeCloseTo(end - start, 12);
    const theirScoring = across.scorings.find(({ name }) => name === "vlmevalkit");
    const ownScoring = across.scorings.find(({ name }) => name === "official");
    // Of the changed rows their rule says something else; of all others the same.
    expect(theirScoring).toMatchObject({ agrees: 21, of: 23 });
    expect(ownScoring?.agrees).toBeLessThan(21);
    expect(across.closes).toEqual([
      expect.stringMatching(/^--scoring vlmevalkit: gives their score to their text in 21 of 23 \(official: \d+\)$/),
    ]);
    const { stdout } = await runCommand(["explain", run, `vlmevalkit:${file("theirs", resultFile)}`]);
    expect(stdout).toMatch(/^text +2 of 23 +2/m);
    expect(stdout).toContain("The first layer that differs is rows; changed scores by the first layer");
    expect(stdout).toContain("closes the gap: --scoring vlmevalkit");
  });

  test("a piece of the question that VLMEvalKit's class for LLaVA-1.6 took for the reply is named, and only that", async () => {
    const question = "Who is the ASSISTANT: here?";
    const run = await ours("cut", {
      row: (row) => (row.index === 3 || row.index === 7 ? { ...row, question } : row),
    });
    const { A, B, C, D } = theirs[3] as Record<string, string>;
    const options = Object.entries({ A, B, C, D }).flatMap(([letter, option]) =>
      option ? [`${letter}. ${option}`] : [],
    );
    const last = "Answer with the option's letter from the given choices directly.";
    const cut = ["here?", ...options, last].join("\n");
    const rows = theirs.map((cells, i) => [
      ...[cells.index, i === 3 || i === 7 ? question : cells.question, cells.answer],
      i === 3 ? cut : i === 7 ? "here?" : cells.prediction,
    ]);
    const quoted = [["index", "question", "answer", "prediction"], ...rows].map((cells) =>
      cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join("\t"),
    );
    await mkdir(file("cut-theirs"));
    await writeFile(file("cut-theirs", "llava_next_vicuna_7b_MMStar.tsv"), `${quoted.join("\n")}\n`);
    const across = await explained(run, `vlmevalkit:${file("cut-theirs", "llava_next_vicuna_7b_MMStar.tsv")}`);
    // Of the whole words, and of the question alone, as it stands in their file.
    expect(layer(across, "text")).toMatchObject({
      samples: 2,
      differences: [
        "2 are a piece of the question, not a reply (3 7): VLMEvalKit's class for LLaVA-1.6 takes what stands behind its first mark for the reply",
      ],
    });
    const unlike = await explained(run, `vlmevalkit:${file("theirs", resultFile)}`);
    expect(layer(unlike, "text")?.differences).toEqual([]);
  });

  test("without the rows it says so, and tells what journals can tell; an answer file without scores is scored by our copy of their rule", async () => {
    const run = await ours("away", { text: { 7: "green" } });
    const { stderr, stdout } = await runCommand([
      "explain",
      run,
      `vlmevalkit:${file("theirs", resultFile)}`,
      "--data",
      file("nowhere"),
      "--format",
      "json",
    ]);
    expect(stderr).toContain("without the rows their texts are not scored here");
    expect(layer(JSON.parse(stdout), "text")).toMatchObject({ samples: 1, examples: ["7"] });
    // The file that VLMEvalKit writes before it scores, as TSV: quoted cells with line breaks in them.
    const rows = theirs.map(({ index, question, answer, prediction }) => [
      index,
      question,
      answer,
      `${prediction}\n"so"`,
    ]);
    const quoted = [["index", "question", "answer", "prediction"], ...rows].map((cells) =>
      cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join("\t"),
    );
    await writeFile(file("llava_MMStar.tsv"), `${quoted.join("\n")}\n`);
    const plain = await explained(run, `vlmevalkit:${file("llava_MMStar.tsv")}`);
    expect(layer(plain, "text")).toMatchObject({ samples: 24 });
    expect(layer(plain, "rule")?.told).toBe(true);
  });
});

describe("a log of lmms-eval", () => {
  let records: readonly SampleLine[];
  let run: string;
  beforeAll(async () => {
    await writeRows(file("rows"), 20);
    await using endpoint = await startEndpoint({
      answer: ({ text }) => ["yes", "no", "red", "2"][Number(/\d+/.exec(text)?.[0]) % 4] as string,
    });
    run = file("lmms-run");
    const task = join(root, "test", "forms", "single-image.ts");
    await evaluate({ tasks: task, data: file("rows"), model: `openai:fake@${endpoint.url}`, out: run });
    const text = await readFile(join(run, "single_image.samples.jsonl"), "utf8");
    records = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as SampleRecord as SampleLine);
  });

  /** A line as 0.7 writes it. */
  const lineOf = ({ index, text, prompt, score }: SampleLine) => ({
    ...{ doc_id: index, doc: { id: index }, filtered_resps: [text], resps: [[text]], doc_hash: "0" },
    target: score?.status === "scored" ? score.targets?.[0] : "",
    input: { arg_0: prompt, arg_1: { max_new_tokens: 8, temperature: 0, until: ["\n\n"] } },
    single_image_acc: { score: score?.status === "scored" ? score.value : 0 },
  });
  type Line = ReturnType<typeof lineOf>;
  async function log(change: (line: Line, index: number) => unknown, accuracy?: number): Promise<string> {
    const folder = await mkdtemp(file("log-"));
    const lines = records.flatMap((record, i) => {
      const line = change(lineOf(record), i);
      return line === undefined ? [] : [`${JSON.stringify(line)}\n`];
    });
    await writeFile(join(folder, "20260101_000000_samples_single_image.jsonl"), lines.join(""));
    const results = { single_image: { alias: "single_image", "accuracy,none": accuracy, "accuracy_stderr,none": 0.1 } };
    const n = { single_image: { original: 20, effective: 20 } };
    if (accuracy !== undefined)
      await writeFile(
        join(folder, "20260101_000000_results.json"),
        JSON.stringify({ results, "n-samples": n, model_name: "m" }),
      );
    return `lmms-eval:${join(folder, "20260101_000000_samples_single_image.jsonl")}`;
  }

  test("the same samples: nothing differs", async () => {
    const across = await explained(run, await log((line) => line, 1));
    expect(across.first).toBeUndefined();
    expect(across).toMatchObject({ joinedBy: "id", ours: 1, theirs: 1, closes: [] });
    expect(across.profiles).toEqual([{ name: "default", agrees: 20, of: 20 }]);
  });

  test.each<[AcrossLayer, (line: Line, i: number) => unknown, object]>([
    [
      "rows",
      (line, i) => (i === 3 ? { ...line, target: "blue", single_image_acc: { score: 0 } } : line),
      { samples: 1, scores: 1, examples: ["3"] },
    ],
    ["rows", (line, i) => (i === 3 ? undefined : line), { samples: 0, differences: ["1 samples are ours alone"] }],
    [
      "prompt",
      (line, i) =>
        i === 5 ? { ...line, ...said("maybe"), input: { ...line.input, arg_0: `${line.input.arg_0}\nThink.` } } : line,
      { samples: 1, scores: 1, examples: ["5"] },
    ],
    [
      "options",
      (line) => ({ ...line, input: { ...line.input, arg_1: { max_new_tokens: 16, temperature: 0 } } }),
      { differences: ["maxNewTokens: 8 against their 16"] },
    ],
    ["text", (line, i) => (i === 6 ? { ...line, ...said("blue") } : line), { samples: 1, scores: 1, examples: ["6"] }],
    [
      "answer",
      (line, i) => (i === 8 ? { ...line, filtered_resps: ["y"], single_image_acc: { score: 0 } } : line),
      { samples: 1, scores: 1, examples: ["8"] },
    ],
    ["rule", (line, i) => (i < 2 ? { ...line, single_image_acc: { score: 0.5 } } : line), { samples: 2, scores: 2 }],
  ])("planted in %s: found there, and nowhere before", async (name, change, expected) => {
    const across = await explained(run, await log(change));
    expect(layer(across, name)).toMatchObject(expected);
    expect(across.first).toBe(name);
  });

  const said = (text: string) => ({ resps: [[text]], filtered_resps: [text], single_image_acc: { score: 0 } });

  test("an aggregate that their samples do not give is the aggregate's", async () => {
    const across = await explained(run, await log((line) => line, 0.75));
    expect(across).toMatchObject({ first: "aggregate", theirs: 0.75 });
    expect(layer(across, "aggregate")?.differences).toEqual(["their samples average 1, and they report 0.75"]);
  });

  test("how steady our server is stands beside texts that differ; a report of another model is refused", async () => {
    const report = {
      schema: "llava-eval/invariance@1",
      ...{ model: "openai:fake", task: "single_image", promptProfile: "default", generation: {}, requests: 200 },
      fingerprint: JSON.parse(await readFile(join(run, "run.json"), "utf8")).fingerprint,
      ...{ atOnce: 16, verdict: "load", flips: [] },
      ways: [
        { way: "alone, again", requests: 200, failed: 0, flips: 0, share: [0, 0.02], answers: 0, scores: 0 },
        { way: "16 at once", requests: 200, failed: 0, flips: 4, share: [0.008, 0.05], answers: 2, scores: 1 },
      ],
    };
    await writeFile(file("steady.json"), JSON.stringify(report));
    const theirs = await log((line, i) => (i === 6 ? { ...line, ...said("blue") } : line));
    const { stdout } = await runCommand(["explain", run, theirs, "--invariance", file("steady.json")]);
    expect(stdout).toContain(
      "the same request gave another answer: 4 of 200, 2.0 % [0.8, 5.0], 16 at once (ours: openai:fake)",
    );
    expect((await explained(run, theirs, "--invariance", file("steady.json"))).steadiness).toMatchObject([
      { side: "ours", way: "16 at once", flips: 4 },
    ]);
    await writeFile(file("other.json"), JSON.stringify({ ...report, fingerprint: { other: 1 } }));
    await expect(explained(run, theirs, "--invariance", file("other.json"))).rejects.toMatchObject({
      message: expect.stringContaining("this run is not"),
    });
  });

  test("older forms of a line are read too; what is no sample is named by its line", () => {
    const read = lmmsEvalSamples(
      [
        '{"doc_id": 0, "target": "[\'a\', \'b\']", "arguments": [["words", {"max_new_tokens": 4}]], "resps": [["A"]], "filtered_resps": ["A"], "exact_match": true}',
        '{"doc_id": 1, "target": 3, "arguments": {"gen_args_0": {"arg_0": "w", "arg_1": " A"}}, "filtered_resps": "x", "mmmu_acc": {"id": "q", "parsed_pred": "C"}, "score": NaN}',
      ].join("\n"),
      "f",
    );
    expect(read[0]).toMatchObject({
      prompt: "words",
      generation: { maxNewTokens: 4 },
      targets: ["a", "b"],
      text: "A",
      value: 1,
    });
    expect(read[1]).toMatchObject({ prompt: "w", targets: ["3"], text: "x", answer: "C" });
    expect(read[1]).not.toHaveProperty("value");
    expect(() => lmmsEvalSamples('{"doc_id": 1}', "f")).toThrow("no sample of lmms-eval");
    expect(() => lmmsEvalSamples("{", "f")).toThrow("not JSON");
    expect(() => lmmsEvalSamples("\n", "f")).toThrow("the file has no samples");
  });

  test("lmms-eval 0.7.3's own file is read; a run without that task, and a file that says no task, are refused", async () => {
    const real = join(files, "lmms-eval-0.7.3.samples_pope.jsonl");
    expect(lmmsEvalSamples(await readFile(real, "utf8"), real)).toMatchObject([
      {
        names: { "row number": "0" },
        text: "Yes",
        targets: ["yes"],
        value: 1,
        prompt: expect.stringContaining("Is there a ball?"),
      },
      { text: "Yes" },
    ]);
    await expect(explained(run, `lmms-eval:${real}`)).rejects.toMatchObject({
      message: expect.stringContaining("has no result of pope"),
    });
    await expect(explained(run, `vlmevalkit:${join(files, "llava_v1.5_7b_MMStar_acc.csv")}`)).rejects.toMatchObject({
      message: expect.stringContaining("no column `prediction`"),
    });
  });
});

describe("F1, which is no mean of samples", () => {
  const truths = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? "yes" : "no"));
  const ours = truths.map((truth, i) => (i < 3 ? "no" : truth));
  /** Their answers: four of ours are empty. */
  const theirs = ours.map((text, i) => (i >= 4 && i < 8 ? "" : text));
  const f1 = (said: readonly string[]) => {
    const both = said.filter((one, i) => one === "yes" && truths[i] === "yes").length;
    return (2 * both) / (said.filter((one) => one === "yes").length + truths.filter((one) => one === "yes").length);
  };
  let run: string;
  beforeAll(async () => {
    await mkdir(file("yes-no"));
    const rows = truths.map((answer, i) => ({ id: String(i), question: `Is it ${i}?`, answer }));
    await writeFile(file("yes-no", "whole_split.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await using endpoint = await startEndpoint({ answer: ({ text }) => ours[Number(/\d+/.exec(text)?.[0])] as string });
    run = file("whole-run");
    const task = join(root, "test", "forms", "whole-split.ts");
    await evaluate({ tasks: task, data: file("yes-no"), model: `openai:fake@${endpoint.url}`, out: run });
  });

  test("has the score of each layer by folding it again, and no effect of a sample", async () => {
    const path = file("20260101_000000_samples_whole_split.jsonl");
    const lines = theirs.map((text, i) => ({
      ...{ doc_id: i, doc: { id: String(i) }, target: truths[i], resps: [[text]], filtered_resps: [text] },
      ...{ input: { arg_0: `Is it ${i}?` }, f1: { score: Number(text === truths[i]) } },
    }));
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const across = await explained(run, `lmms-eval:${path}`);
    expect(across).toMatchObject({ first: "text", samples: { both: 12 } });
    expect(across.ours).toBeCloseTo(f1(ours), 12);
    expect(f1(theirs)).not.toBeCloseTo(f1(ours), 2);
    expect(layer(across, "rows")?.score).toBeCloseTo(f1(ours), 12);
    expect(layer(across, "text")).toMatchObject({ samples: 4, scores: 4, effect: null });
    expect(layer(across, "text")?.score).toBeCloseTo(f1(theirs), 12);
    expect(layer(across, "rule")?.score).toBeCloseTo(f1(theirs), 12);
    expect(across.layers.map(({ effect }) => effect)).toEqual(Array.from({ length: 8 }, () => null));
    const { stdout } = await runCommand(["explain", run, `lmms-eval:${path}`]);
    expect(stdout).toMatch(new RegExp(`^text .* ${(100 * f1(theirs)).toFixed(1)} `, "m"));
    // Without the rows nothing is made up.
    const blind = await runCommand([
      "explain",
      run,
      `lmms-eval:${path}`,
      "--format",
      "json",
      "--data",
      file("nowhere"),
    ]);
    expect(blind.stderr).toContain("without the rows");
    expect(layer(JSON.parse(blind.stdout), "text")?.score).toBeNull();
  });
});

test("of texts that a judge would have to score their own recorded score counts for the verdict; without one they are counted, and nothing is made up", async () => {
  const judged = join(root, "test", "forms", "judged.ts");
  const data = join(root, "test", "forms", "data");
  await using endpoint = await startEndpoint({ answer: ({ text }) => (text.startsWith("Grade") ? "7" : "an answer") });
  await writeFile(file("judge.yaml"), JSON.stringify({ runner: "openai", model: "judge", urls: [endpoint.url] }));
  const model = `openai:fake@${endpoint.url}`;
  await evaluate({ tasks: judged, data, model, judge: file("judge.yaml"), out: file("judged-run") });
  const text = await readFile(file("judged-run", "judged.samples.jsonl"), "utf8");
  const records = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SampleLine);
  const path = file("20260101_000000_samples_judged.jsonl");
  const lines = records.map(({ index, id, text }, i) => ({
    ...{ doc_id: index, doc: { id }, filtered_resps: [i === 0 ? "another" : text] },
    ...{ resps: [[i === 0 ? "another" : text]], grade: { score: i === 0 ? 0.2 : 0.7 }, doc_hash: "0" },
  }));
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const across = await explained(file("judged-run"), `lmms-eval:${path}`);
  expect(across.first).toBe("text");
  expect(layer(across, "text")).toMatchObject({
    ...{ samples: 1, scores: 1, score: expect.closeTo((0.2 + 0.7 * (records.length - 1)) / records.length, 12) },
    differences: [
      "1 of their texts go to a judge under --scoring official, who is not asked here: the score that their file has counts for the verdict",
    ],
  });
  expect(layer(across, "rule")?.score).toBeCloseTo((0.2 + 0.7 * (records.length - 1)) / records.length, 12);
  // The judge was asked while the run was made, and never since.
  expect(endpoint.asked.filter(({ text }) => text.startsWith("Grade"))).toHaveLength(records.length);

  // A file of texts alone says nothing of what they are worth.
  const unjudged = lines.map(({ grade: _, ...line }) => line);
  await writeFile(path, unjudged.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const untold = await explained(file("judged-run"), `lmms-eval:${path}`);
  expect(layer(untold, "text")).toMatchObject({
    ...{ samples: 1, score: null },
    differences: ["1 of their texts go to a judge under --scoring official, who is not asked here"],
  });
});
