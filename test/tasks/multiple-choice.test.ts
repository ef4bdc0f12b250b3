import ai2d from "../../tasks/ai2d/task.js";
import mmstarTasks from "../../tasks/mmstar/task.js";
import mmt from "../../tasks/mmt_bench/task.js";
import muirbench from "../../tasks/muirbench/task.js";
import realworldqaTasks from "../../tasks/realworldqa/task.js";
import seedbench from "../../tasks/seedbench/task.js";
import seedbench2 from "../../tasks/seedbench/v2-task.js";
import vstar from "../../tasks/vstar_bench/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [mmstar] = mmstarTasks;
const [realworldqa] = realworldqaTasks;

const diagram = {
  question: "Which label points at the root?",
  options: ["A", "B", "C", "D"],
  answer: "2",
  image: true,
};
for (const task of ai2d.slice(0, 2))
  goldenTask({
    task: task,
    columns: { question: "string", options: "strings", answer: "string", image: "image" },
    rows: [diagram, { ...diagram, question: "And the leaf?" }, { ...diagram, question: "The stem?" }],
    // "(C)" is right without its marks; "C) x" is not just the letter.
    answers: ["C. the root", "(C)", "C) it is"],
    main: { official: 2 / 3, "lmms-eval": 2 / 3 },
  });

const star = {
  question: "Which?\nOptions: A: cat, B: dog, C: cow, D: hen",
  image: true,
  answer: "B",
  category: "math",
  bench: "x",
};
goldenTask({
  task: mmstar,
  columns: {
    ...{ index: "int64", question: "string", image: "image", answer: "string" },
    ...{ category: "string", l2_category: "string", bench: "string" },
  },
  rows: [
    { index: 0, ...star, l2_category: "geometry" },
    { index: 1, ...star, l2_category: "geometry" },
    { index: 2, ...star, l2_category: "statistical reasoning" },
    { index: 3, ...star, category: "logical reasoning", l2_category: "common reasoning" },
  ],
  // "b" counts for the authors only, "It is B." for lmms-eval only.
  answers: ["B", "b", "The answer is B", "It is B."],
  main: { official: 3 / 4, "lmms-eval": 3 / 4 },
});

const road =
  "Where does the arrow point?\n\nA. left\nB. right\nPlease answer directly with only the letter of the correct option and nothing else.";
goldenTask({
  task: realworldqa,
  columns: { image: "image", question: "string", answer: "string", image_path: "string" },
  rows: [
    { image: true, question: road, answer: "B", image_path: "0.webp" },
    {
      image: true,
      question: "How many lanes?\nPlease answer directly with a single word or number.",
      answer: "3",
      image_path: "1.webp",
    },
    { image: true, question: road, answer: "A", image_path: "2.webp" },
  ],
  answers: ["(B) right", "3.", "left"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});

const seedColumns: Record<string, ColumnType> = {
  ...{
    question_id: "string",
    question: "string",
    answer: "string",
    data_type: "string",
    segment: "strings",
    image: "images",
  },
  ...{ choice_a: "string", choice_b: "string", choice_c: "string", choice_d: "string" },
};
const seed = {
  question: "How many?",
  choice_a: "One",
  choice_b: "Two or three",
  choice_c: "Four",
  choice_d: "None",
  answer: "B",
};
const [generated, ranked] = seedbench;
goldenTask({
  task: generated,
  columns: { ...seedColumns, data_id: "string", question_type_id: "int64" },
  rows: [
    { question_id: "1", ...seed, data_type: "image", data_id: "7", question_type_id: 5, image: 1 },
    { question_id: "2", ...seed, data_type: "video", data_id: "8", question_type_id: 10, image: 3 },
    { question_id: "3", ...seed, data_type: "image", data_id: "7", question_type_id: 5, image: 1 },
  ],
  answers: ["b", "The answer is B", "B. Two"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});
goldenTask({
  task: ranked,
  columns: { ...seedColumns, data_id: "string", question_type_id: "int64" },
  rows: [
    { question_id: "1", ...seed, data_type: "image", data_id: "7", question_type_id: 5, image: 1 },
    { question_id: "2", ...seed, data_type: "image", data_id: "8", question_type_id: 5, image: 1 },
  ],
  // Sums of log-probabilities; "Two or three" has three tokens here, so -3 is a mean of -1. Second row: -6 / 3 = -2 loses.
  answers: [
    [-2, -3, -4, -5],
    [-1.5, -6, -4, -5],
  ],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});

const [generated2, ranked2] = seedbench2;
const seed2Rows = [
  { question_id: "1", ...seed, data_type: "Single Image", data_id: ["1"], level: "L1", question_type_id: 1, image: 1 },
  {
    question_id: "2",
    ...seed,
    question: "Between <img> and <img>, what changed?",
    data_type: "Interleaved Image",
    data_id: ["1", "2"],
    level: "L2",
    question_type_id: 2,
    image: 2,
  },
  {
    ...{ question_id: "3", ...seed, question: "Which picture follows?", data_type: "Image Generation" },
    ...{ choice_a: "a.jpg", choice_b: "b.jpg", choice_c: "c.png", choice_d: "d.jpg" },
    ...{ data_id: ["0", "a", "b", "c", "d"], level: "L3", question_type_id: 3, image: 5 },
  },
];
goldenTask({
  task: generated2,
  columns: { ...seedColumns, data_id: "strings", level: "string", question_type_id: "int64" },
  rows: seed2Rows,
  answers: ["B", "b", "B"],
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});
goldenTask({
  task: ranked2,
  columns: { ...seedColumns, data_id: "strings", level: "string", question_type_id: "int64" },
  rows: seed2Rows,
  // The row whose options are images is left out.
  answers: [
    [-2, -3, -4, -5],
    [-2, -3, -0.5, -5],
  ],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});

const bicycle =
  "What is the colour of the bicycle? (A) It is red. (B) It is blue.\nAnswer with the option's letter from the given choices directly.";
const [all, attributes, positions] = vstar;
goldenTask({
  task: all,
  columns: { image: "image", text: "string", category: "string", label: "string", question_id: "string" },
  rows: [
    { image: true, text: bicycle, category: "direct_attributes", label: "B", question_id: "0" },
    { image: true, text: "Is the dog left of the cat?", category: "relative_position", label: "A", question_id: "0" },
  ],
  // Any word that begins with A to D counts at the front: "Blue" is B.
  answers: ["Blue", "The answer is (A)"],
  main: { official: 1, "lmms-eval": 1 },
});

goldenTask({
  task: attributes,
  columns: { image: "image", text: "string", category: "string", label: "string", question_id: "string" },
  rows: [
    { image: true, text: bicycle, category: "direct_attributes", label: "B", question_id: "0" },
    { image: true, text: bicycle, category: "relative_position", label: "B", question_id: "1" },
  ],
  answers: ["A."],
  main: { official: 0, "lmms-eval": 0 },
});

goldenTask({
  task: positions,
  columns: { image: "image", text: "string", category: "string", label: "string", question_id: "string" },
  rows: [
    { image: true, text: bicycle, category: "direct_attributes", label: "B", question_id: "0" },
    { image: true, text: "Is the dog left of the cat?", category: "relative_position", label: "A", question_id: "1" },
  ],
  answers: ["(A)"],
  main: { official: 1, "lmms-eval": 1 },
});

const pair = {
  question: "What differs between <image> and <image>?",
  options: ["a cup", "a plate", "nothing"],
  answer: "B",
};
const kind = { image_relation: "Partial Similarity", image_type: "Photography", image_list: 2 };
goldenTask({
  task: muirbench,
  columns: {
    ...{ idx: "string", task: "string", image_relation: "string", image_type: "string", question: "string" },
    ...{ options: "strings", answer: "string", image_list: "images", counterpart_idx: "string" },
  },
  rows: [
    { idx: "1", task: "Difference Spotting", ...pair, ...kind },
    { idx: "2", task: "Ordering", ...pair, ...kind, question: "In which order?" },
    { idx: "3", task: "Ordering", ...pair, ...kind },
  ],
  // "(B)" is a letter for the authors (MMMU's rule), and the wrong text for lmms-eval.
  answers: ["B", "(B)", "C"],
  main: { official: 2 / 3, "lmms-eval": 1 / 3 },
});

const letters = Object.fromEntries([..."ABCDEFGHI"].map((letter) => [letter, "string" as const]));
const weather = {
  question: "What weather is it?",
  A: "rain",
  B: "snow",
  C: " ",
  answer: "B",
  category: "weather",
  "l2-category": "visual_recognition",
};
for (const task of mmt) {
  const several = task.name.endsWith("_mi");
  const rows = [
    { index: 1, ...weather, image: several ? 2 : true },
    { index: 2, ...weather, image: several ? 2 : true },
  ];
  const columns: Record<string, ColumnType> = {
    ...{
      index: "int64",
      question: "string",
      answer: "string",
      category: "string",
      "l2-category": "string",
      ...letters,
    },
    image: several ? "images" : "image",
  };
  // The option's text is enough for VLMEvalKit's matching only; lmms-eval draws a letter there.
  goldenTask({ task: task, columns, rows, answers: ["B", "snow"] });
  goldenTask({
    task: task,
    split: "test",
    columns,
    rows: rows.map((row) => ({ ...row, answer: null })),
    answers: ["B", "snow"],
  });
}
