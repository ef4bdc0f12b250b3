/**
 * Rows whose reference is absent or can never be matched, and answers that no rule reads: each was a wrong (or a right) answer without
 * a word. Rows and answers as a user's files would have them, through `run`.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadDefinitions, loadTasks } from "../../src/api/tasks/catalogue.js";
import type { Result } from "../../src/core/result.js";
import type { Split, Task } from "../../src/core/task.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import type { SampleRecord } from "../../src/record/samples.js";
import { referenceFailure } from "../../src/run/score-sample.js";
import { runCommand } from "../cli/run-command.js";
import { drawnImage } from "../fakes/images.js";

let tasks: ReadonlyMap<string, Task>;
let folder = "";
let image = "";
beforeAll(async () => {
  tasks = new Map((await loadTasks()).map((task) => [task.name, task]));
  folder = await mkdtemp(join(tmpdir(), "llava-eval-references-"));
  image = `data:image/png;base64,${(await drawnImage({ format: "png", width: 200, height: 200 })).toString("base64")}`;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface SplitOf {
  readonly name: string;
  readonly label: string;
  /** Of its rows, without `.jsonl`. */
  readonly file: string;
}

/** Rows and the text that answers each, run by replay. */
async function ran(task: string | SplitOf, cases: readonly (readonly [row: object, text: string])[]) {
  const { name, label, file } = typeof task === "string" ? { name: task, label: task, file: task } : task;
  const place = await mkdtemp(join(folder, "run-"));
  const lines = (all: readonly object[]) => all.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { id, expand } = tasks.get(name) as Task;
  const answers = cases.map(([row, text], index) => {
    const [first] = expand?.(row as never) ?? [row];
    return { index, id: id(first as never), cluster: "c", text };
  });
  await mkdir(dirname(join(place, "data", file)), { recursive: true });
  await writeFile(join(place, "data", `${file}.jsonl`), lines(cases.map(([row]) => ({ image, ...row }))));
  const journal = join(place, `${label}.samples.jsonl`);
  await writeFile(journal, lines(answers));
  const out = join(place, "out");
  const args = ["--tasks", label, "--data", join(place, "data"), "--model", `replay:${journal}`, "--out", out];
  const { exitCode } = await runCommand(["run", ...args]);
  const result = JSON.parse(await readFile(join(out, `${label}.json`), "utf8")) as Result;
  const samples = (await readFile(join(out, `${label}.samples.jsonl`), "utf8")).trim().split("\n");
  return { exitCode, result, samples: samples.map((line) => JSON.parse(line) as SampleRecord) };
}
const labelsOf = (samples: readonly SampleRecord[]) =>
  samples.map(({ score }) => (score?.status === "scored" ? (score.remark ?? "") : score?.reason));

const people = (answer: string) =>
  Array.from({ length: 10 }, (_, i) => ({ answer, answer_confidence: "yes", answer_id: i + 1 }));
const vqa = (question_id: number, answers: object) => ({
  question_id,
  image_id: 1,
  question: `Which colour (${question_id})?`,
  ...answers,
});

test("rows without answers among others are unscored data and not asked, and the run is incomplete", async () => {
  const { exitCode, result, samples } = await ran("vqav2", [
    [vqa(0, { answers: people("red") }), "red"],
    [vqa(1, { answers: null }), "red"],
    [vqa(2, {}), "red"],
    [vqa(3, { answers: people("red") }), "blue"],
  ]);
  expect(exitCode).toBe(2);
  expect(result.n).toMatchObject({ scored: 2, unscored: { data: 2 } });
  expect(result.metrics[0]).toMatchObject({ value: 0.5, n: 2, bounds: [0.25, 0.75] });
  expect(samples[1]).not.toHaveProperty("text");
});

test("a first row without answers ends the run, naming it", async () => {
  const cases = [[vqa(0, { answers: [] }), "red"]] as const;
  await expect(ran("vqav2", cases)).rejects.toThrow("vqav2: the first row cannot be scored");
});

test("a row that a submission cannot hold is unscored before it is asked, and a first one ends the run", async () => {
  const docvqa = (questionId: string) => ({ questionId, question: "Which year?", answers: null, question_types: null });
  const split = { name: "docvqa", label: "docvqa@test", file: "docvqa/test" };
  const { exitCode, result, samples } = await ran(split, [
    [docvqa("7"), "1998"],
    [docvqa("abc"), "1998"],
    [docvqa(""), "1998"],
    [docvqa("8"), "1999"],
  ]);
  expect(exitCode).toBe(2);
  expect(result.n).toMatchObject({ scored: 2, unscored: { data: 2 } });
  expect(result.submission).toMatch(/^submissions\//);
  expect(samples[1]).not.toHaveProperty("text");
  expect(samples[1]?.score).toMatchObject({ detail: expect.stringContaining("/questionId") });
  await expect(ran(split, [[docvqa("abc"), "1998"]])).rejects.toThrow("the first row cannot be scored");
});

test("every submission holds its task's own example row", async () => {
  let seen = 0;
  for (const { task, file } of await loadDefinitions()) {
    if (!task.submission) continue;
    const row = await exampleRow(task.name, file, task.row);
    const secret = { answers: "secret" } as Split;
    const [first = row] = task.expand?.(row as never) ?? [row];
    expect(referenceFailure(task, secret, first)?.detail, task.name).toBeUndefined();
    seen++;
  }
  expect(seen).toBeGreaterThan(5);
});

test("every task says which rows have a reference, but those whose judge sees the image alone", () => {
  const silent = [...tasks.values()].filter(
    ({ splits, hasReference }) => !hasReference && Object.values(splits).some(({ answers }) => answers === "public"),
  );
  expect(silent.map(({ name }) => name)).toEqual(["dc100_en", "dc200_cn"]);
});

const choices = ["ice", "milk", "a stone"];
const text = { question_type: "open", options: "[]" };
const mmmu = { question_type: "multiple-choice", options: "['Red', 'Blue', 'Green', 'Yellow']" };
const mmbench = { index: 1, A: "left", B: "right", C: "on", D: null };
const five = { a0: "a dog", a1: "a cat", a2: "a cow", a3: "a car", a4: "a hat" };
const four = { option0: "a cup", option1: "a box", option2: "a hat", option3: "N/A", option4: "N/A" };
const lettered = ["A. left", "B. right", "C. up"];
const v2 = { answer: "H", question_id: "001-3", group_type: "logic", group_structure: "[1, [2, 3], 4]" };
const counting = { question_type: "object_counting", options: null };
const route = { question_type: "route_planning", options: lettered };
const videoRows: readonly (readonly [task: string, good: object, bad: readonly object[]])[] = [
  [
    "perceptiontest_val_mc",
    { options: ["yes", "no", "maybe"], answer_id: "2" },
    ["", "  ", "3", "-1", "1.0", null].map((answer_id) => ({ options: ["yes", "no", "maybe"], answer_id })),
  ],
  [
    "perceptiontest_val_mc",
    { options: ["yes", "no"], answer_id: 0 },
    [
      { options: ["", "no"], answer_id: 0 },
      { options: ["yes"], answer_id: 0 },
    ],
  ],
  [
    "vsibench",
    { ...counting, ground_truth: "4" },
    ["-1", "0", "nan", "inf", "four", ""].map((ground_truth) => ({ ...counting, ground_truth })),
  ],
  [
    "vsibench",
    { ...route, ground_truth: "B" },
    ["D", "7", "nan", "", "A,B"].map((ground_truth) => ({ ...route, ground_truth })),
  ],
  [
    "vsibench",
    { ...route, ground_truth: "C" },
    [null, [], [""], ["A. left"]].map((options) => ({ ...route, options, ground_truth: "A" })),
  ],
  ["tempcompass_yes_no", { answer: "no" }, ["Yes", "nan", "b", "?", ""].map((answer) => ({ answer }))],
  [
    "tempcompass_multi_choice",
    { answer: "B. dancing" },
    ["dancing", "None", "?", "b", "(A)", "AB", "A,B", "E. it", ""].map((answer) => ({ answer })),
  ],
  [
    "tempcompass_captioning",
    { mc_answer: "B. right" },
    ["right", "nan", "", undefined].map((mc_answer) => ({ mc_answer })),
  ],
  [
    "videomme",
    { answer: "B", options: lettered },
    [[], [""], ["nan"], ["A"], ["A. left", " "]].map((options) => ({ answer: "B", options })),
  ],
  ["videomme", { answer: "A", options: lettered }, ["D", "a", "nan"].map((answer) => ({ answer, options: lettered }))],
  ["lvbench", { answer: "B" }, [{ answer: "E" }, { answer: "B", options: ["x"] }, { answer: "B", options: ["x", ""] }]],
  [
    "nextqa_mc",
    { ...five, answer: 1 },
    [
      { ...five, answer: 5 },
      { ...five, a1: "", answer: 1 },
      { ...five, a1: "nan", answer: 1 },
    ],
  ],
  [
    "longvideobench_val_v",
    { ...four, correct_choice: 2 },
    [
      { ...four, correct_choice: 3 },
      { ...four, correct_choice: -1 },
      { ...four, option2: " ", correct_choice: 2 },
    ],
  ],
  [
    "egoschema_subset",
    { option: ["A. a", "B. b", "C. c", "D. d", "E. e"], answer: "4" },
    [{ option: ["A. a", "B. b", "C. c", "D. d", ""], answer: "4" }],
  ],
  [
    "video_mmmu_adaptation",
    { question_type: "open", options: [], answer: "12" },
    ["", "nan", "?"].map((question_type) => ({ question_type, options: [], answer: "12" })),
  ],
  [
    "video_mmmu_perception",
    { question_type: "perception", options: lettered, answer: "B" },
    [{ question_type: "perception", options: ["A", "nan"], answer: "B" }],
  ],
  [
    "mlvu_dev",
    { answer: "B", task_type: "ego" },
    ["nan", "", "sportsQA"].map((task_type) => ({ answer: "B", task_type })),
  ],
  ["mlvu_test", { answer: "B", task_type: "sportsQA" }, [{ answer: "B", task_type: "needle" }]],
  [
    "videomme_v2",
    v2,
    [
      ...["x", "001-a", "001-5", "001-0", "001-"].map((question_id) => ({ ...v2, question_id })),
      ...["", "nan", "[4,3,2,1]", "toString"].map((group_structure) => ({ ...v2, group_structure })),
      { ...v2, group_type: "zzz" },
    ],
  ],
  ["videomme_v2", { ...v2, group_type: "relevance", group_structure: "nan" }, [{ ...v2, answer: "I" }]],
  ["videomme_v2", { ...v2, group_type: "relevance", group_structure: null }, [{ ...v2, group_structure: null }]],
];
const unmatched: readonly (readonly [task: string, good: object, bad: readonly object[]])[] = [
  [
    "scienceqa",
    { choices, answer: 2 },
    [
      { choices, answer: 5 },
      { choices, answer: -1 },
    ],
  ],
  [
    "ai2d",
    { options: choices, answer: "2" },
    [
      { options: choices, answer: "9" },
      { options: choices, answer: "C" },
    ],
  ],
  ["mmmu", { ...mmmu, answer: "B" }, ["b", " B ", "?", "E"].map((answer) => ({ ...mmmu, answer }))],
  ["mmmu", { ...mmmu, answer: "A" }, [{ ...mmmu, options: "['', ' ', '']", answer: "A" }]],
  ["cmmmu", { type: "选择", option1: "甲", answer: "A" }, [{ type: "选择", option1: "", option2: " ", answer: "A" }]],
  ["mmmu", { ...text, answer: "24" }, ["", "?", "[None]", "[['A']]"].map((answer) => ({ ...text, answer }))],
  ["mmmu_pro_standard", { ...mmmu, answer: "D" }, [{ ...mmmu, answer: "K" }]],
  ["mmbench_en", { ...mmbench, answer: "C" }, ["D", "nan", "a", null].map((answer) => ({ ...mmbench, answer }))],
  ["seedbench_2", { answer: "B" }, [{ answer: "b" }]],
  ["pope", { answer: "Yes" }, [{ answer: "1" }]],
  ["mme", { answer: "No" }, [{ answer: "" }]],
  ["textvqa", { answers: ["", "red"] }, [{ answers: Array(10).fill("") }, { answers: [] }, {}]],
  ["docvqa", { answers: ["red"] }, [{ answers: null }, { answers: [] }]],
  [
    "multidocvqa",
    { answers: "['1998', '98']" },
    [null, "[]", "None", "[None]", "['1998', None]", '[["A"]]', "{}"].map((answers) => ({ answers })),
  ],
  [
    "mmbench_en",
    { ...mmbench, answer: "C" },
    ["abc", "", -1, 1.5].map((index) => ({ ...mmbench, index, answer: "C" })),
  ],
  [
    "wemath",
    { answer: "A", key: "2steps_multi", option: "A. 3;B. 4" },
    ["abc", "", "xsteps_multi", "0steps_1"].map((key) => ({ answer: "A", key, option: "A. 3;B. 4" })),
  ],
  [
    "mmlongbench_doc",
    { answer: "1,200", answer_format: "Int" },
    ["Not answerable", "five", "", "-"].flatMap((answer) =>
      ["Int", "Float"].map((answer_format) => ({ answer, answer_format })),
    ),
  ],
  [
    "babyvision",
    { ansType: "choice", choiceAns: 1, options: ["red", "blue"] },
    ["", " ", null, 25, 1.5, "A"].map((choiceAns) => ({ ansType: "choice", choiceAns, options: ["red", "blue"] })),
  ],
  ["babyvision", { ansType: "blank", blankAns: 4 }, [{ ansType: "choice", choiceAns: 0, options: [] }]],
  [
    "naturalbench",
    { Question_Type: "yes_no" },
    ["constructor", "toString", ""].map((type) => ({ Question_Type: type })),
  ],
  ...["3dsrbench", "hrbench"].map(
    (task) =>
      [
        task,
        { answer: "B", A: "left", B: "right", C: null },
        [
          { answer: "C", A: "left", B: "right", C: null },
          { answer: "D", A: "left", B: "right" },
          { answer: "B", A: "left", B: " ", C: "up" },
          { answer: "B", A: "left", B: "nan", C: "up" },
          { answer: "A", A: "left", B: null },
          { answer: "b", A: "left", B: "right" },
        ],
      ] as const,
  ),
  ["gqa", { answer: "red." }, [".", "[]", "?!", "['']"].map((answer) => ({ answer }))],
  ["chartqa_reasoning", { answer: "1.5" }, [".", ""].map((answer) => ({ answer }))],
  [
    "seedbench_2_plus",
    { answer: "B", choice_A: "1", choice_B: "2", choice_C: "3", choice_D: "4" },
    ["", "nan"].map((choice_B) => ({ answer: "B", choice_A: "1", choice_B, choice_C: "3", choice_D: "4" })),
  ],
  [
    "emma",
    { type: "Multiple Choice", answer: "B", options: ["red", "blue"] },
    [["red", ""], ["red", "nan"], ["red"], null].map((options) => ({ type: "Multiple Choice", answer: "B", options })),
  ],
  [
    "omnispatial",
    { gt: "B", options: ["left", "right"] },
    [["left", ""], ["left"]].map((options) => ({ gt: "B", options })),
  ],
  [
    "omni_spatial",
    { answer: 1, options: ["left", "right"] },
    [
      { answer: 1, options: ["left", " "] },
      { answer: 2, options: ["left", "right"] },
      { answer: -1, options: ["left", "right"] },
      { answer: 0, options: ["left"] },
    ],
  ],
  [
    "muirbench",
    { answer: "A", options: ["red", "blue"] },
    [["nan"], ["red"], ["nan", "blue"]].map((options) => ({ answer: "A", options })),
  ],
  [
    "embspatial",
    { answer: 1, answer_options: ["left", "right"] },
    [
      { answer: 0, answer_options: ["left"] },
      { answer: 1, answer_options: ["left", "nan"] },
      { answer: -1, answer_options: ["left", "right"] },
    ],
  ],
  [
    "visualpuzzles",
    { answer: "B", options: ["1", "2"] },
    [["nan"], ["1"], []].map((options) => ({ answer: "A", options })),
  ],
  ["pixmo_count", { answer: "3 cats" }, ["nan", "N/A", "A,B", "#VALUE!", "?"].map((answer) => ({ answer }))],
  ...videoRows,
  ["coco2017_cap", { answer: [".", "a cat"] }, [{ answer: [] }, { answer: null }, { answer: [".", " ... "] }]],
  ["nocaps", { annotations_captions: ["a cat"] }, [{ annotations_captions: ["."] }]],
  ["flickr30k", { caption: ["a cat"] }, [{ caption: ["!"] }]],
  ["textcaps", { caption_str: ["a cat"] }, [{ caption_str: ["?"] }]],
  [
    "screenspot_pro",
    { bbox: [10, 10, 20, 20], img_size: "[40, 30]" },
    [
      { bbox: [20, 10, 10, 20], img_size: [40, 30] },
      { bbox: [50, 10, 60, 20], img_size: [40, 30] },
      { bbox: "nan", img_size: [40, 30] },
      { bbox: [10, 10, 20, 20], img_size: [0, 30] },
    ],
  ],
  [
    "screenspot_v2",
    { bbox: [8, 6, 8, 6] },
    [
      [0.5, 0.5, 0.5, 0.6],
      [8, 6, 0, 6],
      [8, 6, 8, -1],
    ].map((bbox) => ({ bbox })),
  ],
  [
    "osworld_g",
    { box_type: "polygon", box_coordinates: [0, 0, 16, 0, 0, 12] },
    [
      { box_type: "polygon", box_coordinates: [0, 0, 16, 0, 0] },
      { box_type: "bbox", box_coordinates: [0, 0, 0, 5] },
      { box_type: "bbox", box_coordinates: [] },
      { box_type: "mask", box_coordinates: [0, 0, 16, 0] },
    ],
  ],
  [
    "ocrbench_v2",
    { type: "text grounding en", question: "Where?", answers: [1, 2, 3, 4] },
    [
      { type: "text grounding en", question: "Where?", answers: [1, 2, 3] },
      { type: "a kind without a rule", question: "Where?", answers: ["x"] },
      { type: "table parsing en", question: "As a table.", answers: ["<table></table>"] },
      { type: "text spotting en", question: "Where?", answers: ["x"], bbox_list: [[0, 0, 1, 1]], content: [] },
      { type: "key information extraction en", question: "Which?", answers: ["none"] },
      { type: "text counting en", question: "How many?", answers: ["4"], eval: null },
      { type: "full-page OCR en", question: "Read.", answers: [" "] },
      { type: "APP agent en", question: "Which?", answers: [null] },
    ],
  ],
  [
    "omnidocbench",
    { answer: '{"layout_dets": [{"category_type": "title", "order": 1, "text": "A"}]}' },
    [
      { answer: "{}" },
      { answer: "no JSON" },
      { answer: '{"layout_dets": []}' },
      { answer: '{"layout_dets": [{"category_type": "page_number", "text": "12"}]}' },
    ],
  ],
  ["cc_ocr_kie", { answer: '{"a": "b"}' }, [{ answer: "{}" }, { answer: "no JSON" }, { answer: '{"a": []}' }]],
  [
    "cc_ocr_doc_parsing",
    { "l2-category": "doc", answer: "x" },
    [
      { "l2-category": "doc", answer: "\n" },
      { "l2-category": "song", answer: "x" },
    ],
  ],
  [
    "cc_ocr_multi_scene_ocr",
    { answer: "stop", split: "IC15" },
    [
      { answer: "!!!", split: "IC15" },
      { answer: " ", split: "zh_scene" },
    ],
  ],
  [
    "robo_spatial",
    { answer: "[(0.1, 0.1), (0.5, 0.1), (0.5, 0.5)]", category: "context" },
    ["[(0.1, 0.1), (0.5, 0.1)]", "[0.1, 0.1, 0.5]", "[('a', 'b'), (0, 1), (1, 1)]", "nowhere", ""].map((answer) => ({
      answer,
    })),
  ],
  ["refspatial", { mask: true }, [{ mask: null }]],
  ["where2place", { mask: true }, [{ mask: null }]],
  ["screenspot_reg", { instruction: "open it" }, [{ instruction: "." }]],
  ["refcoco", { answer: ["a boy"] }, [{ answer: ["."] }]],
  [
    "blink",
    { choices, answer: "(C)" },
    [
      { choices, answer: "hidden" },
      { choices, answer: "(D)" },
    ],
  ],
  [
    "mathvista",
    { question_type: "multi_choice", choices, answer: "ice" },
    [{ question_type: "multi_choice", choices, answer: "A" }],
  ],
  [
    "iconqa",
    { ques_type: "choose_txt", choices: "a,b", answer: "1" },
    [{ ques_type: "choose_txt", choices: "a,b", answer: "7" }],
  ],
  ["hallusion_bench_image", { gt_answer: "1" }, [{ gt_answer: "" }]],
  [
    "refcoco_bbox_rec",
    { bbox: [1, 1, 5, 5] },
    [
      [1, 1, 0, 5],
      [1, 1, 5, -5],
      [-9, 1, 5, 5],
      [1, -9, 5, 9],
    ].map((bbox) => ({ bbox })),
  ],
];
test.each(unmatched)("%s: %j has a reference", (name, good, bad) => {
  const has = (row: object) => tasks.get(name)?.hasReference?.(row as never);
  expect(has(good)).toBe(true);
  for (const row of bad) expect(has(row), JSON.stringify(row)).toBe(false);
});

/** By task: the column with the letter, and the one that lists the options. */
const listedInText: Readonly<Record<string, readonly [gold: string, text: string]>> = {
  mindcube: ["gt_answer", "input_prompt"],
  crpe_relation: ["correct_option", "text"],
  erqa: ["answer", "question"],
  wemath: ["answer", "option"],
  mmsi_bench: ["answer", "question"],
  mme_realworld: ["answer", "multi-choice options"],
  mme_realworld_cn: ["answer", "multi-choice options"],
  vstar_bench: ["label", "text"],
  lvbench: ["answer", "question"],
};
test.each(Object.keys(listedInText))("%s: a letter that the text does not list is no reference", (name) => {
  const [gold, text] = listedInText[name] as readonly [string, string];
  const has = (letter: string, words: string) => {
    const row = { key: "2steps_1", [gold]: letter, [text]: text.endsWith(" options") ? [words] : words };
    return tasks.get(name)?.hasReference?.(row);
  };
  for (const words of [
    "A. red; B. blue; C. none",
    "(A) red (B) blue (C) none",
    "Options: A: red, B: blue, C: none",
    "（A）红（B）蓝（C）无",
  ]) {
    expect(has("C", words), words).toBe(true);
    expect(has("D", words), words).toBe(false);
  }
  // Of options whose marks are not known, and of a letter that stands elsewhere, nothing is said.
  for (const words of ["A red, B blue, C none", "Which of them?", "A. vitamin B, B. vitamin (D)"])
    expect(has("D", words), words).toBe(true);
  // A real option whose mark is mistyped: no model's answer to it is thrown away.
  for (const last of ["D; black", "D, black", "D black", "D- black", "\nD\nblack", "D；黑"])
    expect(has("D", `A. red B. blue C. none ${last}`), last).toBe(true);
});

test("an option keeps its letter where one before it is absent", () => {
  const row = { question: "Which?", image: { path: "1.png" }, answer: "C", A: "red", B: null, C: "blue", D: "" };
  for (const profile of ["default", "official"] as const) {
    const prompt = tasks.get("hrbench")?.prompt(row, profile);
    expect(JSON.stringify(prompt)).toContain("A. red\\nC. blue\\n");
    expect(JSON.stringify(prompt)).not.toContain("D.");
  }
});

describe("answers that no rule reads", () => {
  const arrow = (answer: string) => ({
    question: "Which way?\nA. Left\nB. Right",
    answer,
    image_path: `${answer}.webp`,
  });
  const refusals = [
    [arrow("A"), "As an AI language model, I cannot see the image."],
    [arrow("B"), "Based on the picture, it is unclear."],
    [arrow("C"), "Cannot be determined from the picture."],
    [arrow("D"), "Do not have enough information."],
  ] as const;
  test("a refusal's capital is no letter in RealWorldQA", async () => {
    const { result } = await ran("realworldqa", refusals);
    expect(result.metrics[0]?.value).toBe(0);
    expect(result.remarks).toMatchObject({ unparsable: 4 });
  });

  const lamp = (index: number, answer: string) => ({
    ...{ index, question: "Where?", hint: null, answer, A: "left", B: "right", C: "top", D: "under" },
    ...{ category: "c", "L2-category": "l", source: "s", split: "dev" },
  });
  test("nor in MMBench without a judge", async () => {
    const texts = refusals.map(([, words], i) => [lamp(i * 1_000_000 + 1, "ABCD"[i] as string), words] as const);
    const { result } = await ran("mmbench_en", texts);
    expect(result.metrics.map(({ value }) => value)).toEqual([0, 0, 0]);
    expect(result.remarks.unparsable).toBe(4);
  });

  const bench = (i: number) => ({
    ...{ question_id: `q${i}`, question: `Is there a bench (${i})?`, answer: "yes" },
    ...{ image_source: "1", category: "random" },
  });
  test("POPE's rule takes any text for a yes; one that says neither is counted", async () => {
    const texts = ["Yes.", "Yes, there is no doubt", "no", "Not sure", "I cannot tell", "否", "Nope", "False", ""];
    const { result, samples } = await ran(
      "pope",
      texts.map((words, i) => [bench(i), words] as const),
    );
    const odd = "unparsable";
    expect(labelsOf(samples)).toEqual(["", "", "", odd, odd, odd, odd, odd, "empty"]);
    const accuracy = result.metrics.find(({ name }) => name === "accuracy");
    expect(accuracy).toMatchObject({ value: 7 / 9, withoutGuesses: 1 / 9 });
  });

  const boy = (i: number) => ({
    ...{
      question_id: `${i}`,
      answer: [`the boy ${i}`],
      bbox: [10, 20, 100, 150],
      segmentation: [1, 2],
      file_name: `${i}.jpg`,
    },
  });
  test("a box in thousandths or pixels has IoU 0 by RefCOCO's rule, and is counted", async () => {
    const texts = ["[0.05, 0.1, 0.55, 0.85]", "[50, 100, 550, 850]", "[10, 20, 110, 170]", "no box"];
    const { samples } = await ran(
      "refcoco_bbox_rec",
      texts.map((words, i) => [boy(i), words] as const),
    );
    const odd = "unparsable";
    expect(labelsOf(samples)).toEqual(["", odd, odd, odd]);
  });

  test.each(["refcoco_bbox_rec", "refcoco_grounding"])(
    "%s: a box of which half or more lies beyond the image's edge is unscored data",
    async (task) => {
      const beyond = { ...boy(1), bbox: [200, 20, 100, 150] };
      const most = { ...boy(2), bbox: [140, 20, 100, 150] }; // 60 of its 100 columns are in the image
      const corner = { ...boy(3), bbox: [199, 199, 100, 150] };
      const cases = [boy(0), beyond, most, corner].map((row) => [row, "no box"] as const);
      const { result, samples } = await ran(task, cases);
      expect(labelsOf(samples)).toEqual(["unparsable", "data", "unparsable", "data"]);
      expect(result.n).toMatchObject({ scored: 2, unscored: { data: 2 } });
    },
  );

  test("CIDEr's interval ends where the metric does", async () => {
    const captions = ["A cat on a chair.", "Two dogs run.", "A red bus.", "A man eats soup."];
    const row = (caption: string, i: number) => ({ question_id: `${i}.jpg`, answer: [caption] });
    const { result } = await ran(
      "coco2017_cap",
      captions.map((caption, i) => [row(caption, i), i === 0 ? "A cat" : "nothing of it"] as const),
    );
    for (const name of ["CIDEr", "ROUGE_L"])
      expect(result.metrics.find((metric) => metric.name === name)?.interval?.[0]).toBe(0);
  });

  test("CIDEr of one caption is null, with the reason", async () => {
    const one = [{ question_id: "1.jpg", answer: ["A cat on a chair."] }, "A cat"] as const;
    const { result } = await ran("coco2017_cap", [one]);
    expect(result.metrics[0]).toMatchObject({
      name: "CIDEr",
      value: null,
      note: expect.stringContaining("two images"),
    });
  });
});
