/**
 * Benchmarks of 2024 and 2025 from a folder of rows in their own schema, over HTTP, as a user has them: images as base64, as data URIs, as raw
 * JPEG bytes, several in a row; lists in texts, options that are null. And the published command of LLaVA-OneVision-1.5.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseTasks } from "../../src/api/tasks/catalogue.js";
import { tasksLike } from "../../src/api/tasks/tasks.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { drawnImage } from "../fakes/images.js";
import { type ColumnType, parquetBytes } from "../fakes/parquet-files.js";
import { chat, type Question, seeing, startScripted } from "../fakes/scripted.js";
import { Workplace } from "./cli.js";

const jpeg = await drawnImage({ seed: 7, width: 40, height: 24 });
const base64 = jpeg.toString("base64");
const asDataUri = `data:image/jpeg;base64,${base64}`;

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** VLMEvalKit's form: base64 in cells, a Python list in a text; one question of the authors' file has no answer. */
async function writeLogicVista(folder: string): Promise<void> {
  const cells = [
    ["index", "image", "question", "answer", "skill"],
    ["1", base64, "[L1] Which of A, B, C comes next?", "C", "['spatial']"],
    ["2", base64, "[L2] Which two of A, B, C, D?", "B, D", "['inductive', 'spatial']"],
    ["3", base64, "[L3] Which of A, B?", "A", "['mechanical']"],
    ["4", base64, "[L4] Which of A, B, C?", "", "['mechanical']"],
    ["5", base64, "[L5] Which of A, B, C, D?", "D", ""],
  ];
  await writeFile(join(folder, "logicvista.tsv"), cells.map((row) => `${row.join("\t")}\n`).join(""));
}

/** Raw JPEG bytes in a column of bytes. */
async function writeDynaMath(folder: string): Promise<void> {
  const image = new Uint8Array(jpeg);
  const of = (id: string, mark: string, answer: string, type: string, level: string | null = null) => ({
    ...{ id, question: `[${mark}] What is it?`, decoded_image: image, ground_truth: answer, answer_type: type },
    ...{ subject: "algebra", knowledge_level: level },
  });
  const columns = {
    ...{ id: "string", question: "string", decoded_image: "binary", ground_truth: "string" },
    ...{ answer_type: "string", subject: "string", knowledge_level: "string" },
  } as const satisfies Record<string, ColumnType>;
  await mkdir(join(folder, "dynamath"));
  const rows = [
    of("1", "D1", "-0.500", "float", "high school"),
    of("1", "D2", "B", "multiple choice"),
    of("2", "D3", "7", "float"),
  ];
  await writeFile(join(folder, "dynamath", "test.parquet"), parquetBytes(columns, rows));
}

async function writeEmma(folder: string): Promise<void> {
  const shared = { context: null, subject: "Math", category: null, image_2: null, image_3: null };
  const rows = [
    {
      pid: "m1",
      ...shared,
      question: "[E1] Is it <image_1>?",
      options: ["22", "a half"],
      answer: "A",
      type: "Multiple Choice",
      image_1: asDataUri,
    },
    {
      pid: "m2",
      ...shared,
      question: "[E2] What of <image_1> and <image_2>?",
      options: null,
      answer: "0.5",
      type: "Open-ended",
      image_1: { bytes: base64 },
      image_2: base64,
    },
    {
      pid: "m3",
      ...shared,
      question: "[E3] And <image_1>?",
      options: [],
      answer: "22",
      type: "Open-ended",
      image_1: base64,
    },
  ];
  await writeFile(join(folder, "emma.jsonl"), lines(rows));
}

async function writeOlympiadBench(folder: string): Promise<void> {
  const shared = {
    subfield: "Algebra",
    is_multiple_answer: null,
    unit: null,
    error: null,
    context: null,
    image_2: null,
  };
  const rows = [
    {
      id: 1,
      ...shared,
      source: "OE_MM_maths_en_COMP",
      question: "[O1] Find $x$.",
      final_answer: ["$\\pm 2$"],
      is_multiple_answer: true,
      image_1: base64,
    },
    {
      id: 2,
      ...shared,
      source: "OE_MM_physics_en_COMP",
      question: "[O2] How far?",
      context: "A block rests.",
      final_answer: ["$2.5$"],
      unit: "m",
      error: "1e-1",
      image_1: asDataUri,
      image_2: base64,
    },
  ];
  await writeFile(join(folder, "olympiadbench.jsonl"), lines(rows));
}

async function writeInterleave(folder: string): Promise<void> {
  const image = (path: string) => ({ bytes: new Uint8Array(jpeg), path });
  const columns = {
    ...{ sample_id: "int64", question: "string", answer: "string", question_type: "string", sub_task: "string" },
    ...{ conversations: "string", image_0: "image", image_1: "image", image_2: "image" },
  } as const satisfies Record<string, ColumnType>;
  const rows = [
    {
      sample_id: 1,
      question: "[I1] <image> <image>\nWhich?\nA: left\nB: right",
      answer: "B",
      question_type: "multi-choice",
      sub_task: "NLVR2_Mantis",
      conversations: null,
      image_0: image("a.jpg"),
      image_1: image("b.jpg"),
      image_2: null,
    },
    {
      sample_id: 2,
      question: "[I2] <image><image><image>\nWhat differs?",
      answer: "the lamp is on",
      question_type: "open-ended",
      sub_task: "Spot-the-Diff",
      conversations: "[]",
      image_0: image("c.jpg"),
      image_1: image("d.jpg"),
      image_2: image("e.jpg"),
    },
  ];
  const place = join(folder, "llava_interleave", "in_domain");
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "test-00000-of-00001.parquet"), parquetBytes(columns, rows));
}

/** What the model answers to the question with that mark, or a judge about it. */
const answers: Readonly<Record<string, string>> = {
  ...{ L1: "C", L2: "It must be B and D.", L3: "Neither convinces me.", L5: "" },
  ...{
    D1: '{"solution": "so", "short answer": "-0.5"}',
    D2: '{"solution": "so", "short answer": "B"}',
    D3: "It is hard to say.",
  },
  ...{ E1: "so \\boxed{22}", E2: "\\boxed{\\frac{1}{2}}", E3: "The answer is 23." },
  ...{ O1: "So the final answer is \\boxed{-2, 2}.", O2: "So the final answer is \\boxed{2.59}(m)." },
  ...{ I1: "B", I2: "the lamp is off" },
};
const verdicts: Readonly<Record<string, string>> = { L2: "BD", L3: "503: upstream ERROR", L5: "Z" };

interface MessagePart {
  readonly type: string;
  readonly text?: string;
}
const partsOf = ({ body }: Question): readonly string[] =>
  (body.messages.at(-1).content as readonly MessagePart[]).map(({ type }) => type);

/** The question's own mark: a judge's examples stand before it. */
const markOf = ({ text }: Question): string => [...text.matchAll(/\[([LDEOI]\d)\]/g)].at(-1)?.[1] ?? "";

test("five benchmarks from awkward rows over HTTP: every image arrives, an outage and a judge's odd word score nothing, nothing is asked twice", async () => {
  await using place = await Workplace.make();
  await using server = await startScripted((question) => {
    const mark = markOf(question);
    if (mark === "E3") return { status: 503, body: { error: { message: "overloaded" } } };
    return question.body.model === "judge"
      ? chat(verdicts[mark] ?? "?", question)
      : seeing(answers[mark] ?? "?", question);
  });
  const rows = place.file("rows");
  await mkdir(rows);
  await Promise.all(
    [writeLogicVista, writeDynaMath, writeEmma, writeOlympiadBench, writeInterleave].map((write) => write(rows)),
  );
  for (const model of ["m", "judge"])
    await writeFile(
      place.file(`${model}.yaml`),
      `runner: openai\nmodel: ${model}\nurls: [${server.url}]\nattempts: 1\n`,
    );
  const command = [
    ...["run", "--tasks", "logicvista,dynamath,emma,olympiadbench,llava_interleave", "--data", "rows"],
    ...["--model", "m.yaml", "--judge", "judge.yaml", "--out", "out"],
  ];
  const first = await place.run(...command);
  expect(first.exitCode, first.stderr).toBe(2);
  const counts = async (task: string) => {
    const { n, metrics } = await place.result("out", task);
    return { scored: n.scored, ...n.unscored, value: metrics[0]?.value };
  };
  const none = { refused: 0, transport: 0, judge: 0, data: 0 };
  // Of LogicVista's five, one has no answer and the judge says nothing usable about another.
  expect(await counts("logicvista")).toEqual({ ...none, scored: 3, judge: 1, data: 1, value: 2 / 3 });
  expect(await counts("dynamath")).toEqual({ ...none, scored: 3, value: 2 / 3 });
  expect(await counts("emma")).toEqual({ ...none, scored: 2, transport: 1, value: 1 });
  expect(await counts("olympiadbench")).toEqual({ ...none, scored: 2, value: 1 });
  const interleave = await counts("llava_interleave");
  expect(interleave).toMatchObject({ ...none, scored: 2 });
  // Spot-the-Diff is one of three data sets of its category, NLVR2 the only one of its own.
  expect(interleave.value).toBeCloseTo((1 + 0.75 / 3) / (1 + 1 / 3), 5);

  const images = (mark: string) => {
    const asked = server.asked.filter(({ text, body }) => body.model === "m" && text.includes(`[${mark}]`));
    expect(asked, mark).toHaveLength(1);
    return partsOf(asked[0] as Question).filter((type) => type === "image_url").length;
  };
  expect(["L1", "D1", "E1", "E2", "O1", "O2", "I1", "I2"].map(images)).toEqual([1, 1, 1, 2, 1, 2, 2, 3]);

  // The same command again asks what had no answer and no verdict, and nothing else.
  const before = server.asked.length;
  expect((await place.run(...command)).exitCode).toBe(2);
  // A run first asks whether the server sees images; that question has no mark.
  const again = server.asked.slice(before).flatMap((question) => markOf(question) || []);
  expect(new Set(again)).toEqual(new Set(["L3", "E3"]));
}, 60_000);

test("lmms-eval's names of older rows over HTTP: COCO's files by the names in Karpathy's rows, reviews in Korean, a 0/1 judge; outages score nothing", async () => {
  await using place = await Workplace.make();
  await using server = await startScripted((question) => {
    const { text, body } = question;
    if (body.model !== "judge") return seeing(/\[K\d\]/.exec(text)?.[0] ?? "A red car.", question);
    if (text.includes("[K1]")) return chat(" 8 6 ", question);
    if (text.includes("[K2]")) return { status: 503, body: { error: { message: "overloaded" } } };
    if (text.includes("[K3]")) return chat("1", question);
    return chat("0 credits left, retry in 1 s", question);
  });
  const rows = place.file("rows");
  await mkdir(join(rows, "val2014"), { recursive: true });
  const files = ["COCO_val2014_000000000001.jpg", "COCO_val2014_000000000002.jpg"];
  for (const [seed, name] of files.entries())
    await writeFile(join(rows, "val2014", name), await drawnImage({ seed, width: 40, height: 24 }));
  await mkdir(join(rows, "coco_karpathy"));
  const columns = { filename: "string", imgid: "int64", sentences: "strings", url: "string" } as const;
  const captions = [...files, "COCO_val2014_000000000003.jpg"].map((filename, imgid) => ({
    ...{ filename, imgid, url: "http://127.0.0.1:9/never" },
    sentences: ["A red car.", "A car on a road."],
  }));
  await writeFile(join(rows, "coco_karpathy", "test.parquet"), parquetBytes(columns, captions));
  const review = {
    caption: "설명",
    gpt_answer: "자전거",
    category: "conv",
    image_id: "1.jpg",
    image: { bytes: base64 },
  };
  const reviews = [1, 2].map((id) => ({ question_id: id, question: `[K${id}] 무엇입니까?`, ...review }));
  await writeFile(join(rows, "llava_in_the_wild_ko.jsonl"), lines(reviews));
  const problem = { options: "['4', '5']", answer: "B", level: 2, subject: "counting", decoded_image: asDataUri };
  const problems = [3, 4].map((id) => ({ id: String(id), question: `[K${id}] How many?`, ...problem }));
  await writeFile(join(rows, "mathvision_reason.jsonl"), lines(problems));
  for (const model of ["m", "judge"])
    await writeFile(
      place.file(`${model}.yaml`),
      `runner: openai\nmodel: ${model}\nurls: [${server.url}]\nattempts: 1\n`,
    );
  const ended = await place.run(
    ...["run", "--tasks", "coco_karpathy@test,llava_in_the_wild_ko,mathvision_reason", "--data", "rows"],
    ...["--model", "m.yaml", "--judge", "judge.yaml", "--max-failed", "100%", "--out", "out"],
  );
  expect(ended.exitCode, ended.stderr).toBe(0);
  const none = { refused: 0, transport: 0, judge: 0, data: 0 };
  const karpathy = await place.result("out", "coco_karpathy@test");
  expect(karpathy.dataset.images).toBe("val2014");
  // The third row's file is not there.
  expect(karpathy.n).toEqual({ total: 3, scored: 2, unscored: { ...none, data: 1 } });
  expect(karpathy.metrics.find(({ name }) => name === "Bleu_1")?.value).toBeCloseTo(1, 6);
  const briefly = server.asked.filter(({ text }) => text.includes("Describe the image briefly."));
  expect(briefly.map(({ hasImage }) => hasImage)).toEqual([true, true]);
  const korean = await place.result("out", "llava_in_the_wild_ko");
  expect([korean.n, korean.metrics[0]?.value]).toEqual([{ total: 2, scored: 1, unscored: { ...none, judge: 1 } }, 75]);
  const maths = await place.result("out", "mathvision_reason");
  expect([maths.n, maths.metrics[0]?.value]).toEqual([{ total: 2, scored: 1, unscored: { ...none, judge: 1 } }, 1]);
}, 60_000);

// github.com/EvolvingLMMs-Lab/LLaVA-OneVision-1.5, "Evaluation".
const published =
  "mmmu_val,mmmu_pro_standard,mmbench_en_test,mmerealworld,mmerealworld_cn,ai2d,ai2d_no_mask,vstar_bench,chartqa,charxiv,docvqa_test,mathvista_testmini,mmstar,scienceqa";

test("the published command of LLaVA-OneVision-1.5: its 14 names are tasks here, and all run against an endpoint", async () => {
  await using place = await Workplace.make();
  await using server = await startScripted((question) => seeing("A", question));
  const likes = await Promise.all(published.split(",").map((name) => tasksLike(`lmms-eval:${name}`)));
  const labels = likes.flatMap(({ tasks }) => tasks);
  expect(labels).toHaveLength(15); // charxiv is two

  for (const { task, file, splitName } of (await chooseTasks(labels)).chosen) {
    const row = await exampleRow(task.name, file, task.row);
    const folder = place.file("rows", task.name);
    await mkdir(folder, { recursive: true });
    // An image as a hub's row has it, for the marks of the example.
    const withImages = JSON.stringify(row, (_key, value) =>
      typeof value?.bytes === "function" ? { bytes: base64 } : value,
    );
    await writeFile(join(folder, `${splitName}.jsonl`), `${withImages}\n`);
  }
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${server.url}]\nattempts: 1\n`);
  const ended = await place.run(
    ...["run", "--tasks", labels.join(","), "--data", "rows", "--model", "m.yaml", "--scoring", "lmms-eval"],
    ...["--judge", "m.yaml", "--max-failed", "100%", "--out", "out"],
  );
  expect(ended.exitCode, ended.stderr).toBe(0);
  for (const label of labels) {
    const { n, scoring } = await place.result("out", label);
    expect([label, scoring, n.unscored]).toEqual([
      label,
      "lmms-eval",
      { refused: 0, transport: 0, judge: n.unscored.judge, data: 0 },
    ]);
    const [sample] = await place.samples("out", label);
    expect([label, sample?.text]).toEqual([label, "A"]);
  }
}, 60_000);
