/**
 * Rows in the forms that people have them: VLMEvalKit's TSVs, what pandas and numpy write, short files, clusters. The inputs in
 * `row-forms/` are invented; each folder is one way in which a number once entered wrongly.
 */

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { encodePng } from "../../src/images/png.js";
import { root, type SampleLine, Workplace } from "./cli.js";

const forms = (...parts: string[]) => join(root, "test", "e2e", "row-forms", ...parts);

/** Runs one task over a folder of rows. @param model  the stub, or a journal's answers */
async function rowsOf(task: string, data: string, model = "stub") {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run(
    "run",
    "--tasks",
    task,
    "--data",
    data,
    "--model",
    model,
    "--out",
    "out",
  );
  const samples = exitCode === 1 ? [] : await place.samples("out", task);
  return { exitCode, stderr, samples, ...(exitCode === 1 ? {} : { result: await place.result("out", task) }) };
}

const detailOf = ({ score }: SampleLine) => (score?.status === "unscored" ? score.detail : undefined);
const targetsOf = ({ score }: SampleLine) => (score?.status === "scored" ? score.targets : undefined);

test("VLMEvalKit's MMStar is asked with the options that it keeps in columns, in the benchmark's own words", async () => {
  const { exitCode, samples } = await rowsOf("mmstar", forms("07-mmstar-vlmevalkit-tsv", "data"));
  expect(exitCode).toBe(0);
  expect(samples[0]?.prompt).toBe(
    "<image>Which is nearest?\nOptions: A: tree, B: bench, C: house, D: car\nAnswer with the option's letter from the given choices directly",
  );
});

test("VLMEvalKit's l2-category gives MMBench its sub-scores", async () => {
  const { result } = await rowsOf("mmbench_en", forms("07-mmstar-vlmevalkit-tsv", "data"));
  expect(Object.keys(result?.groups.l2_category ?? {})).toEqual(["rel"]);
});

test("fewer rows than the benchmark has are partial in every format, and off the leaderboard", async () => {
  const folder = forms("13-short-file-unflagged");
  await using place = await Workplace.make();
  const journal = `replay:${join(folder, "pope.samples.jsonl")}`;
  const run = ["run", "--tasks", "pope", "--model", journal];
  await place.run(...run, "--data", join(folder, "data"), "--out", "results/jsonl");
  const lines = (await readFile(join(folder, "data", "pope.jsonl"), "utf8")).trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as Record<string, string>);
  const columns = ["question_id", "question", "answer", "image_source", "category", "image"];
  const tsv = [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))];
  await writeFile(place.file("pope.tsv"), `${tsv.map((cells) => cells.join("\t")).join("\n")}\n`);
  await place.run(...run, "--data", place.path, "--out", "results/tsv");
  for (const format of ["jsonl", "tsv"]) {
    const { flags, notes, dataset } = await place.result(`results/${format}`, "pope");
    expect([format, flags, dataset.rows]).toEqual([format, ["partial"], 2]);
    expect(notes).toEqual(["the split has 2 rows; the benchmark has 9000"]);
  }
  const { stdout } = await place.run("leaderboard");
  expect(stdout).toMatch(/no entries/);
  expect(stdout).toMatch(/2 entries flagged "partial" left out/);
});

test("lists in cells are read as Python reads them, numpy's and JSON's too; what is no list of texts is that row's failure", async () => {
  const { exitCode, samples } = await rowsOf("docvqa", forms("14-tsv-lists", "data"));
  expect(exitCode).toBe(2);
  const expected: Readonly<Record<number, readonly string[]>> = {
    ...{
      0: ["open", "shut"],
      1: ["it's", "x"],
      2: ["it's"],
      3: ['a "q" b'],
      4: ["a", "b"],
      6: ["1", "2"],
      7: ["x", "y"],
    },
    ...{
      9: ["Ünï"],
      10: ["a\nb"],
      11: ["a", "b"],
      13: ["\\frac{1}{2}"],
      14: ["don't", "can't"],
      15: ["5", "joe's", "ann's"],
    },
  };
  for (const [index, targets] of Object.entries(expected))
    expect([index, targetsOf(samples[Number(index)] as SampleLine)]).toEqual([index, targets]);
  expect(detailOf(samples[5] as SampleLine)).toBe('field "answers[1]" must be string (found null)');
  expect(detailOf(samples[8] as SampleLine)).toBe('field "answers" must be array or null (found "a, b")');
});

test("rotations find their image by index, written as a float or not, as base64 or as a data URI, and a bare quote is text", async () => {
  for (const form of ["tsv_rawquote", "tsv_ref_int", "tsv_datauri"]) {
    const folder = forms("14-tsv-lists", form);
    const journal = `replay:${join(folder, "mmbench_en.samples.jsonl")}`;
    const { exitCode, samples, result } = await rowsOf("mmbench_en", join(folder, "data"), journal);
    expect([form, exitCode, samples.length, result?.n.scored]).toEqual([form, 0, 2, 2]);
    expect(samples[1]?.images).toEqual(samples[0]?.images);
    if (form === "tsv_rawquote")
      expect(samples.map(({ prompt }) => prompt?.slice(0, 15))).toEqual(['<image>5" pipe ', "<image>big one "]);
  }
});

test("JSONL as Python writes it is read: a byte-order mark, NaN, lists where text is wanted, bare base64", async () => {
  const folder = (name: string) => forms("17-jsonl-python-forms", name);
  const marked = await rowsOf("chartqa", folder("ty_bom_json"));
  expect([marked.exitCode, marked.samples.length]).toEqual([0, 1]);
  const hint = await rowsOf("mmbench_en", folder("nan_hint"));
  expect([hint.exitCode, hint.result?.n.scored]).toEqual([0, 2]);
  expect(hint.samples[0]?.prompt).toContain("A. a\nB. b\n\n");
  const list = await rowsOf("mmmu", folder("ty_mmmu_optlist"));
  expect(list.samples[0]?.prompt).toContain("A. Red\nB. Blue\nC. Green\nD. Yellow");
  const base64 = await rowsOf("pope", folder("b64first"));
  expect([base64.exitCode, base64.result?.n.scored]).toEqual([0, base64.samples.length]);
  // A reference that is NaN is none; in the first row that means: this is not the data.
  const reference = await rowsOf("chartqa", folder("ty_nan_json"));
  expect(reference.exitCode).toBe(1);
  expect(reference.stderr).toMatch(/field "answer" must be string \(found null\)/);
});

test("options as numpy prints them are as many options, not one", async () => {
  const { samples } = await rowsOf("mmmu", forms("15-numpy-options"));
  expect(samples[0]?.prompt).toContain("A. Red\nB. Blue\nC. Green\nD. Yellow");
});

test("--offset with clusters takes whole clusters of the file's own rows, and scoring again changes nothing", async () => {
  await using place = await Workplace.make();
  const run = ["run", "--tasks", "mme", "--data", forms("22-limit-by-cluster"), "--model", "stub"];
  const { exitCode } = await place.run(...run, "--offset", "5", "--limit", "4", "--out", "R");
  expect(exitCode).toBe(0);
  const samples = await place.samples("R", "mme");
  expect(samples.map(({ index }) => index)).toEqual([5, 6, 7, 8, 17, 18, 19, 20]);
  const lines = (await readFile(forms("22-limit-by-cluster", "mme.jsonl"), "utf8")).trim().split("\n");
  for (const { index, id } of samples)
    expect(id).toContain((JSON.parse(lines[index] as string) as { question_id: string }).question_id);
  expect((await place.run("score", "R", "--out", "R2")).exitCode).toBe(0);
  for (const file of ["mme.json", "mme.samples.jsonl"])
    expect(await place.read("R2", file)).toBe(await place.read("R", file));
  // Every row is some offset's row, once.
  const seen: number[] = [];
  for (const offset of [0, 4, 8]) {
    await place.run(...run, "--offset", String(offset), "--limit", "4", "--out", `part-${offset}`);
    seen.push(...(await place.samples(`part-${offset}`, "mme")).map(({ index }) => index));
  }
  expect(seen.sort((a, b) => a - b)).toEqual(lines.map((_, i) => i));
});

test("rows that demo-data drew, and answers of a demo, stay a demo's whoever answers or replays them", async () => {
  await using place = await Workplace.make();
  await place.run("demo-data", "--out", "rows", "--rows", "5", "--tasks", "mmmu");
  await place.run("run", "--tasks", "mmmu", "--data", "rows", "--model", "stub", "--out", "results/stub");
  // Another model's answers over the drawn rows: no stub, no replay of a demo.
  await writeFile(place.file("mmmu.samples.jsonl"), await place.read("results/stub", "mmmu.samples.jsonl"));
  const journal = `replay:${place.file("mmmu.samples.jsonl")}`;
  await place.run("run", "--tasks", "mmmu", "--data", "rows", "--model", journal, "--out", "results/drawn");
  expect(await place.result("results/drawn", "mmmu")).toMatchObject({ flags: ["demo"], dataset: { kind: "demo" } });
  const { stdout } = await place.run("leaderboard", "--published", "--tasks", "mmmu");
  expect(stdout).toMatch(/2 entries flagged "demo" left out/);
  expect(stdout).not.toMatch(/replay|stub/);
  // The stub's answers over other rows, replayed from its folder and from its journal.
  await place.run(
    "run",
    "--tasks",
    "pope",
    "--data",
    forms("13-short-file-unflagged", "data"),
    "--model",
    "stub",
    "--out",
    "s",
  );
  for (const source of ["s", "s/pope.samples.jsonl"]) {
    const out = `r-${source.length}`;
    await place.run(
      ...["run", "--tasks", "pope", "--data", forms("13-short-file-unflagged", "data")],
      ...["--model", `replay:${place.file(source)}`, "--out", out],
    );
    expect((await place.result(out, "pope")).flags).toEqual(["demo", "partial"]);
  }
});

test("letters that are drawn for a split whose answers are secret are counted as those of a public one", async () => {
  await using place = await Workplace.make();
  await place.run("demo-data", "--out", "drawn", "--rows", "6", "--tasks", "mmmu");
  await mkdir(place.file("rows", "mmmu"), { recursive: true });
  await cp(
    place.file("drawn", "mmmu", "validation-00000-of-00001.parquet"),
    place.file("rows", "mmmu", "test-00000-of-00001.parquet"),
  );
  for (const [said, remarks] of [
    ["I cannot say", { unparsable: 6 }],
    ["B", { unparsable: 0 }],
  ] as const) {
    const args = ["--data", "rows", "--model", `stub:${said}`, "--out", said];
    expect((await place.run("run", "--tasks", "mmmu@test", ...args)).exitCode).toBe(0);
    expect(await place.result(said, "mmmu@test")).toMatchObject({ remarks, n: { scored: 6 } });
  }
});

test("a cell that cannot be read costs its own row, in a run and in data verify", async () => {
  await using place = await Workplace.make();
  const image = Buffer.from(await encodePng(Buffer.alloc(12), 2, 2)).toString("base64");
  const rows = ["['red', 'blue']", "", "?", "['red', 'blue']"].map((options, i) => ({
    ...{ id: `validation_Art_${i}`, question: `Which is it? <image 1>`, options, image_1: image, answer: "A" },
    ...{
      question_type: "multiple-choice",
      subfield: "x",
      topic_difficulty: "Easy",
      img_type: "['x']",
      explanation: "",
    },
  }));
  await writeFile(place.file("mmmu.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const run = await place.run("run", "--tasks", "mmmu", "--data", ".", "--model", "stub:A", "--out", "out");
  expect(run.exitCode, run.stderr).toBe(2);
  expect((await place.result("out", "mmmu")).n).toMatchObject({ scored: 2, unscored: { data: 2 } });
  const verified = await place.run("data", "verify", "mmmu", "--data", ".");
  expect(verified.exitCode).toBe(3);
  expect(verified.stdout).toContain("row 1");
});

test.each([
  ["mathvision", { answer: "Z", options: ["A", "B"] }, { answer: "B", options: ["A", "B"] }],
  ["pixmo_count", { answer: "?" }, { answer: "3 cats" }],
  ["muirbench", { answer: "A", options: [""] }, { answer: "A", options: ["red", "blue"] }],
  ["embspatial", { answer: 0, answer_options: ["\u200b"] }, { answer: 0, answer_options: ["left", "right"] }],
  ["visualpuzzles", { answer: "A", options: ["", ""] }, { answer: "A", options: null }],
])("%s: a reference that no answer can equal is none", async (name, bad, good) => {
  const task = (await loadDefinitions()).find((one) => one.task.name === name)?.task;
  expect(task?.hasReference?.(bad as never)).toBe(false);
  expect(task?.hasReference?.(good as never)).toBe(true);
});
