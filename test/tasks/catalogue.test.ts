/** The image benchmarks of 2024 to 2026: rows in the schema of their data sets, awkward ones among them. */
import countbenchqa from "../../tasks/countbenchqa/task.js";
import cvBench from "../../tasks/cv_bench/task.js";
import embspatial from "../../tasks/embspatial/task.js";
import erqa from "../../tasks/erqa/task.js";
import seedbench2Plus from "../../tasks/seedbench/v2-plus-task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

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
  main: { official: 3 / 4, "lmms-eval": 1 / 4 },
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
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
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
  main: { official: 3 / 4, "lmms-eval": 1 },
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
    main: task === exact ? { official: 1 / 3, "lmms-eval": 1 / 3 } : { official: 2 / 3, "lmms-eval": 2 / 3 },
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
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
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
