/** The image benchmarks of 2024 to 2026: rows in the schema of their data sets, awkward ones among them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Result } from "../../src/core/result.js";
import countbenchqa from "../../tasks/countbenchqa/task.js";
import crpe from "../../tasks/crpe/task.js";
import cvBench from "../../tasks/cv_bench/task.js";
import embspatial from "../../tasks/embspatial/task.js";
import erqa from "../../tasks/erqa/task.js";
import hrbench from "../../tasks/hrbench/task.js";
import mindcube from "../../tasks/mindcube/task.js";
import mmeRealWorld from "../../tasks/mme_realworld/task.js";
import mmsiBench from "../../tasks/mmsi_bench/task.js";
import mmvp from "../../tasks/mmvp/task.js";
import mtvqa from "../../tasks/mtvqa/task.js";
import omnispatial from "../../tasks/omnispatial/task.js";
import pixmoCountTasks from "../../tasks/pixmo_count/task.js";
import seedbench2Plus from "../../tasks/seedbench/v2-plus-task.js";
import visualpuzzles from "../../tasks/visualpuzzles/task.js";
import visulogic from "../../tasks/visulogic/task.js";
import zerobench from "../../tasks/zerobench/task.js";
import { runCommand } from "../cli/run-command.js";
import { drawnImage } from "../fakes/images.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [pixmoCount] = pixmoCountTasks;

const cvColumns: Record<string, ColumnType> = {
  ...{ idx: "int64", type: "string", task: "string", image: "image", question: "string", choices: "strings" },
  ...{ answer: "string", prompt: "string", filename: "string", source: "string" },
};
const count = {
  ...{ type: "2D", task: "Count", image: true, choices: ["1", "3", "2"], answer: "(C)", source: "ADE20K" },
  ...{ question: "How many?", prompt: "How many? Select from the following choices.\n(A) 1\n(B) 3\n(C) 2" },
};
const depth = {
  ...{ type: "3D", task: "Depth", image: true, choices: ["the lamp", "the sofa"], answer: "(B)", source: "Omni3D" },
  ...{ question: "Which is closer?", prompt: "Which is closer?\n(A) the lamp\n(B) the sofa" },
};
const [cv, cv2d, cv3d] = cvBench;
goldenTask({
  task: cv,
  columns: cvColumns,
  rows: [
    { idx: 0, ...count },
    { idx: 1, ...count, source: "COCO" },
    { idx: 2, ...depth },
    { idx: 3, ...depth },
  ],
  // lmms-eval reads the "A" of "Answer" and the "T" of "The"; the authors read what follows.
  answers: ["(C) 2", "Answer: C", "The answer is B.", "A"],
  // 1/4 · 1 + 1/4 · 1 + 1/2 · 1/2, and 1/4 · 1 + 0 + 0.
  main: { official: 3 / 4, "lmms-eval": 1 / 4, vlmevalkit: 3 / 4 },
});
goldenTask({
  task: cv2d,
  columns: cvColumns,
  rows: [
    { idx: 0, ...count },
    { idx: 1, ...count },
    { idx: 2, ...count, source: "COCO" },
  ],
  answers: ["C", "B", "C"],
  main: { official: 3 / 4, "lmms-eval": 3 / 4 },
});
goldenTask({
  task: cv3d,
  columns: cvColumns,
  rows: [
    { idx: 0, ...depth },
    { idx: 1, ...depth, choices: ["1", "2"], task: "Distance" },
  ],
  // The option itself is an answer for the authors, where it is one character.
  answers: ["b", "2"],
  main: { official: 1, "lmms-eval": 1 / 2 },
});

const relation = {
  ...{ question: "<image>\nWhere is the lamp?", relation: "left", image: true, answer: 1, data_source: "mp3d" },
  answer_options: ["left of it", "right of it", "above it", "under it"],
};
goldenTask({
  task: embspatial,
  columns: {
    ...{ question_id: "string", question: "string", relation: "string", image: "image", answer_options: "strings" },
    ...{ answer: "int64", data_source: "string", scene_id: "string", objects: "string" },
  },
  rows: [
    { question_id: "mp3d_1", ...relation, scene_id: "a" },
    { question_id: "mp3d_2", ...relation, scene_id: "a", relation: "above" },
    { question_id: "scannet_1", ...relation, scene_id: "b", data_source: "scannet" },
  ],
  answers: ["B) right of it", "(b)", "Answer: B"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3, vlmevalkit: 1 },
});

const embodied = { question_type: "Pointing", answer: "B" };
const places = "Choices: A. x. B. y. C. z. D. w. Please answer directly with only the letter of the correct option.";
goldenTask({
  task: erqa,
  columns: {
    ...{ question_id: "string", question_type: "string", images: "images", question: "string" },
    ...{ answer: "string", visual_indices: "ints" },
  },
  rows: [
    { question_id: "ERQA_1", ...embodied, images: 1, question: `Where? ${places}`, visual_indices: [0] },
    {
      question_id: "ERQA_2",
      ...embodied,
      images: 2,
      question: `First, then second: ${places}`,
      visual_indices: [6, 20],
    },
    { question_id: "ERQA_3", ...embodied, images: 2, question: `Before <image> after. ${places}`, visual_indices: [3] },
    { question_id: "ERQA_4", ...embodied, images: 1, question: `Where? ${places}`, visual_indices: null },
  ],
  // Nothing but the capital of "Based" says B: lmms-eval's last resort.
  answers: ["B", "The answer is (B).", "B) y", "Based on the image I cannot tell"],
  main: { official: 3 / 4, "lmms-eval": 1, vlmevalkit: 1 / 4 },
});

const dogs = { image: true, text: "Three dogs on a sofa", question: "How many dogs are there? ", number: 3 };
const [exact, inWords] = countbenchqa;
for (const task of [exact, inWords])
  goldenTask({
    task,
    columns: { image: "image", text: "string", question: "string", number: "int64" },
    rows: [
      dogs,
      { ...dogs, question: "How many cats are there?" },
      { ...dogs, question: "How many cows are there?", text: null },
    ],
    answers: [" 3\n", "Three", "3."],
    // VLMEvalKit takes the number anywhere in the reply.
    main:
      task === exact
        ? { official: 1 / 3, "lmms-eval": 1 / 3, vlmevalkit: 2 / 3 }
        : { official: 2 / 3, "lmms-eval": 2 / 3 },
  });

const chart = {
  ...{ image: true, question: "Which <img> year?", choice_A: "2019", choice_B: "2020", choice_C: "a.jpg" },
  ...{ choice_D: "2022", answer: "B", question_image_type: "chart" },
};
const plusColumns: Record<string, ColumnType> = {
  ...{ question_id: "int64", image: "image", question: "string", choice_A: "string", choice_B: "string" },
  ...{ choice_C: "string", choice_D: "string", answer: "string", question_image_type: "string" },
};
const [plus, plusRanked] = seedbench2Plus;
goldenTask({
  task: plus,
  columns: plusColumns,
  rows: [
    { question_id: 1, ...chart },
    { question_id: 2, ...chart, question_image_type: "map" },
    { question_id: 3, ...chart },
  ],
  answers: ["b", "Answer: B", "B. 2020"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3, vlmevalkit: 2 / 3 },
});
goldenTask({
  task: plusRanked,
  columns: plusColumns,
  rows: [
    { question_id: 1, ...chart },
    { question_id: 2, ...chart },
  ],
  answers: [
    [-3, -1, -2, -4],
    [-1, -3, -2, -4],
  ],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});

const jpeg = await drawnImage({ seed: 1, width: 32, height: 24 });
const base64 = jpeg.toString("base64");

const van = {
  ...{ bytes: base64, question: "Which colour is the van?", answer: "B" },
  "multi-choice options": ["(A) White", "(B) Red", "(C) Black", "(D) Blue", "(E) There is no van."],
};
const [realWorld, realWorldCn] = mmeRealWorld;
const realWorldColumns: Record<string, ColumnType> = {
  ...{ index: "int64", bytes: "string", question: "string", answer: "string", category: "string" },
  ...{ "multi-choice options": "strings", "l2-category": "string" },
};
goldenTask({
  task: realWorld,
  columns: realWorldColumns,
  rows: [
    { index: 0, ...van, category: "Perception/Remote Sensing", "l2-category": "color" },
    { index: 1, ...van, category: "Perception/OCR with Complex Context", "l2-category": "License/attribute/x" },
    { index: 2, ...van, category: "Reasoning/Monitoring", "l2-category": "property" },
    { index: 3, ...van, answer: "A", category: "Reasoning/Monitoring", "l2-category": "property" },
  ],
  // "red" is in the second option: only the authors look at the options. The empty answer is in the first, for both.
  answers: ["(B) Red", "red", "Best option: B", ""],
  main: { official: 1, "lmms-eval": 3 / 4, vlmevalkit: 3 / 4 },
});
goldenTask({
  task: realWorldCn,
  columns: realWorldColumns,
  rows: [
    { index: 0, ...van, question: "货车是什么颜色？", category: "Perception/Remote Sensing", "l2-category": "color" },
  ],
  answers: ["答案是B"],
  main: { official: 1, "lmms-eval": 1 },
});

const birds = { image: true, question: "<image>\n<image> How many birds are there?", answer: "There are 3 birds" };
goldenTask({
  task: pixmoCount,
  columns: { image: "image", question: "string", answer: "string" },
  rows: [
    birds,
    { ...birds, question: "How many cats?" },
    { ...birds, question: "How many cows?", answer: "There are 12." },
  ],
  answers: ["3.0", "03", "None"],
  main: { official: 1 / 3, "lmms-eval": 1 / 3 },
});

const lamps = { question_text: " How many lamps are lit? ", question_answer: "1250" };
goldenTask({
  task: zerobench,
  columns: {
    ...{ question_id: "string", question_text: "string", question_images_decoded: "images" },
    ...{ question_images: "strings", question_answer: "string", image_attribution: "string" },
  },
  rows: [
    { question_id: "1", ...lamps, question_images_decoded: 1 },
    { question_id: "2", ...lamps, question_images_decoded: 3 },
    { question_id: "3", ...lamps, question_images_decoded: 1, question_answer: "Blue" },
  ],
  // Words around the braces are no answer for lmms-eval; "1,250.0" is the number, outer quotes and the period go.
  answers: ["Step {1}: so it is {1250}", "1,250.0", '"blue."'],
  main: { official: 1, "lmms-eval": 2 / 3, vlmevalkit: 1 / 3 },
});

const scene = {
  ...{ question_type: "Positional Relationship (Cam.-Obj.)", answer: "A" },
  question: "Where was the lamp?\nOptions: A: Left, B: Right, C: Behind, D: In front",
};
goldenTask({
  task: mmsiBench,
  columns: {
    ...{ id: "int64", images: "binaries", question_type: "string", question: "string", answer: "string" },
    thought: "string",
  },
  rows: [
    { id: 0, ...scene, images: [jpeg, jpeg] },
    { id: 1, ...scene, images: [jpeg], question_type: "MSR" },
    { id: 2, ...scene, images: [jpeg, jpeg, jpeg] },
  ],
  // lmms-eval takes lower case too, and what stands in braces; a letter before a word is an article for both.
  answers: ["``A``", "It is a.", "A lamp {B}, so {A}"],
  main: { official: 1 / 3, "lmms-eval": 2 / 3, vlmevalkit: 1 / 3 },
});

const probe = {
  text: "What is related?\nA. On it.\nB. Under it.\nC. In it.\nD. By it.\nPlease answer directly with only the letter of the correct option and nothing else.",
  image: true,
};
const passes = (first: number, category: string) =>
  [..."ABCD"].map((correct_option, i) => ({ question_id: first + i, ...probe, correct_option, category }));
goldenTask({
  task: crpe,
  columns: {
    ...{ question_id: "int64", image: "image", text: "string", correct_option: "string", category: "string" },
  },
  rows: [...passes(0, "subject"), ...passes(4, "subject"), ...passes(8, "object")],
  // One subject of two and no object: 1/4. "(A)" is more than a letter for the authors.
  answers: [..."ABCD", ..."ABCA", "(A)", ..."BCD"],
  main: { official: 1 / 4, "lmms-eval": 3 / 4, vlmevalkit: 3 / 4 },
});

const balcony = {
  ...{ image: base64, question: " Which colour is it? ", A: "Red", B: "Blue", C: "White", D: "Black", answer: "A" },
  category: "single",
};
goldenTask({
  task: hrbench,
  columns: {
    ...{ index: "int64", question: "string", answer: "string", category: "string", cycle_category: "string" },
    ...{ A: "string", B: "string", C: "string", D: "string", image: "string" },
  },
  rows: [
    { index: 0, ...balcony, cycle_category: "0" },
    { index: 1, ...balcony, A: "Blue", B: "White", C: "Black", D: "Red", answer: "D", cycle_category: "1" },
    { index: 2, ...balcony, category: "cross", cycle_category: "0" },
  ],
  answers: ["It is red.", "D", "Crimson"],
  // The last judge never says yes or no, nor a letter: unscored under both.
  verdicts: [["Yes."], ["No, it is not."], ["perhaps", "nothing", "", ...Array.from({ length: 9 }, () => "none")]],
  main: { official: 1 / 2, "lmms-eval": 1, vlmevalkit: 3 / 4 },
});

const lit = { Question: "Is the lamp lit?", Options: "(a) Lit (b) Not lit", image: true };
goldenTask({
  task: mmvp,
  columns: { Index: "int64", Question: "string", Options: "string", "Correct Answer": "string", image: "image" },
  rows: [
    { Index: 1, ...lit, "Correct Answer": "(a)" },
    { Index: 2, ...lit, "Correct Answer": "(b)" },
    { Index: 3, ...lit, "Correct Answer": "(a)" },
    { Index: 4, ...lit, "Correct Answer": "(b)" },
  ],
  // "Grab it" has a b before a blank.
  answers: ["(a)", "B. Not lit", "A", "I see a lamp"],
  verdicts: [["yes"], ["Yes"], ["yes"], ["Yes, it does", "maybe", "No"]],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 0 },
});

const shapes = { image_path: true, question: " Which is next? ", label: "C" };
goldenTask({
  task: visulogic,
  columns: { image_path: "image", question: "string", label: "string", id: "string", tag: "string" },
  rows: [
    { id: "00000", ...shapes, tag: "Spatial Reasoning" },
    { id: "00001", ...shapes, tag: "Spatial Reasoning" },
    { id: "00002", ...shapes, tag: "Other" },
    { id: "00003", ...shapes, tag: "Other" },
  ],
  // A letter with a bracket reaches the authors' judge; "None" is a wrong answer, silence is none.
  answers: ["Answer: \\boxed{C}", "(C)", "So the answer is C", "I cannot tell"],
  verdicts: [[], ["C"], [], ["A or B", "", "None"]],
  main: { official: 3 / 4, "lmms-eval": 3 / 4, vlmevalkit: 1 / 2 },
});

const [thinking, direct] = visualpuzzles;
const puzzle = { image: true, question: " Which is next?", answer: "B", category: "inductive", difficulty: "easy" };
for (const task of [thinking, direct])
  goldenTask({
    task,
    columns: {
      ...{ id: "int64", image: "image", question: "string", options: "strings", answer: "string" },
      ...{ category: "string", difficulty: "string" },
    },
    rows: [
      { id: 1, ...puzzle, options: ["a dog", "two dogs", "a cat", "none"] },
      { id: 2, ...puzzle, options: null, category: "spatial" },
      { id: 3, ...puzzle, options: ["a dog", "two dogs", "a cat", "none"], difficulty: "hard" },
    ],
    // The first letter of any word after "Answer:" counts; without one the option named last.
    answers: ["Answer: blue", "Final Answer: (B)", "There are two dogs"],
    main: { official: 1, "lmms-eval": 1, vlmevalkit: 0 },
  });

const sign = {
  ...{ image: true, lang: "DE" },
  qa_pairs:
    "[{'question': ' Was steht da?', 'answer': 'Ausgang'}, {'question': 'Wie viel?', 'answer': '3.5'}, {'question': 'x', 'answer': ''}]",
};
goldenTask({
  task: mtvqa,
  columns: { id: "string", image: "image", lang: "string", qa_pairs: "string" },
  rows: [
    { id: "DE_0", ...sign },
    { id: "FR_0", ...sign, lang: "FR", qa_pairs: "[{'question': \"Qu'est-ce?\", 'answer': \"l'été\"}]" },
  ],
  // The authors take the stop out of "3.5" in the reply alone: (1 / 2 + 1) / 2.
  answers: ["Da steht AUSGANG.", "3.5 Euro", "C'est L'ÉTÉ"],
  main: { official: 3 / 4, "lmms-eval": 1, vlmevalkit: 1 },
});

const room = { input_prompt: "Two views: <image> then <image>\nWhat is behind? A. Sofa B. Door", gt_answer: "B" };
goldenTask({
  task: mindcube,
  columns: {
    ...{ id: "string", images: "images", input_prompt: "string", question: "string", gt_answer: "string" },
    category: "strings",
  },
  rows: [
    { id: "among_group1_q0_1", ...room, images: 2 },
    { id: "aroundnew_group1_q1_2", ...room, images: 1 },
    { id: "rotation_group2_q0_1", ...room, images: 3 },
  ],
  // A letter before a period wins, wherever it stands.
  answers: ["<Answer>B. Door</Answer>", "My answer is B", "Answer: B (not C.)"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3, vlmevalkit: 1 },
});

const [byLine, byLetterAlone] = omnispatial;
const side = {
  ...{ question: "On which side?", options: ["Left", "Right", "In front"], task_type: "Perspective_Taking" },
  sub_task_type: "Egocentric",
};
goldenTask({
  task: byLine,
  columns: {
    ...{ id: "string", image_path: "image", question: "string", options: "strings", gt: "string" },
    ...{ task_type: "string", sub_task_type: "string" },
  },
  rows: [
    { id: "1_0", image_path: true, ...side, gt: "B" },
    { id: "1_1", image_path: true, ...side, gt: "A" },
    { id: "1_2", image_path: true, ...side, gt: "C", sub_task_type: "Allocentric" },
  ],
  // Nothing found counts as A, labelled, but for VLMEvalKit; a small letter is read and wrong, and right there.
  answers: ["I think.\nAnswer: B", "No idea", "answer: c"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3, vlmevalkit: 2 / 3 },
});
goldenTask({
  task: byLetterAlone,
  columns: {
    ...{ id: "int64", image: "image", question: "string", options: "strings", answer: "int64" },
    ...{ task_type: "string", sub_task_type: "string" },
  },
  rows: [
    { id: 1, image: true, ...side, answer: 1 },
    { id: 2, image: true, ...side, answer: 2 },
    { id: 3, image: true, ...side, answer: 0 },
  ],
  answers: ["b", "<answer>C</answer>", "(A)"],
  main: { official: 1 / 3, "lmms-eval": 2 / 3, vlmevalkit: 1 },
});

test("a task without VLMEvalKit's rule refuses that scoring, by name, before anything is asked", async () => {
  const args = ["--data", "demo", "--model", "stub:A", "--scoring", "vlmevalkit"];
  await expect(runCommand(["run", "--tasks", "vqav2,cv_bench", ...args])).rejects.toMatchObject({
    message: "vqav2: no vlmevalkit scoring",
    where: "--scoring",
  });
});

test("VisuLogic and OmniSpatial run from a clone of their repositories: rows beside image files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-catalogue-"));
  try {
    const clone = async (repository: string, file: string, image: string, row: object) => {
      const place = join(folder, repository);
      await mkdir(join(place, image, ".."), { recursive: true });
      await writeFile(join(place, image), jpeg);
      await writeFile(join(place, file), `${JSON.stringify(row)}\n`);
    };
    const { question, label } = shapes;
    const logic = { image_path: "./images/00000.png", question, label, id: "00000", tag: "Other" };
    await clone("VisuLogic", "data.jsonl", "images/00000.png", logic);
    const spatial = { id: "1_0", image_path: "Complex_Logic/1.png", ...side, gt: "B" };
    await clone("OmniSpatial", "test.jsonl", "Complex_Logic/1.png", spatial);
    for (const [task, value] of [
      ["visulogic", 0],
      ["omnispatial", 1],
    ] as const) {
      const out = join(folder, task);
      const args = ["--tasks", task, "--data", folder, "--model", "stub:Answer: B", "--out", out];
      const ended = await runCommand(["run", ...args, "--judge", "stub:A"]);
      expect(ended.exitCode, ended.stderr).toBe(0);
      const result = JSON.parse(await readFile(join(out, `${task}.json`), "utf8")) as Result;
      expect(result.metrics[0]).toMatchObject({ value, n: 1 });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
