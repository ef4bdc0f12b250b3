import dc100 from "../../tasks/dc100_en/task.js";
import ferret from "../../tasks/llava_bench/ferret-task.js";
import refcoco from "../../tasks/refcoco/task.js";
import scienceqa from "../../tasks/scienceqa/task.js";
import screenspot from "../../tasks/screenspot/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const scienceColumns: Record<string, ColumnType> = {
  ...{ image: "image", question: "string", choices: "strings", answer: "int64", hint: "string", task: "string" },
  ...{ grade: "string", subject: "string", topic: "string", lecture: "string", solution: "string" },
};
const scienceRows = [
  {
    question: "Which is a solid?",
    choices: ["water", "a rock"],
    answer: 1,
    hint: "",
    grade: "grade2",
    subject: "natural science",
    image: true,
  },
  {
    question: "Which figure of speech is used?",
    choices: ["simile", "anaphora", "pun"],
    answer: 0,
    hint: "Read the text.",
    grade: "grade8",
    subject: "language science",
    image: null,
  },
];
const [full, withImage, likelihood, imageLikelihood] = scienceqa;
goldenTask({
  task: full,
  columns: scienceColumns,
  rows: scienceRows,
  // LLaVA's script finds the letter in a sentence and not in "a"; lmms-eval the other way round.
  answers: ["The answer is B.", "a"],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});
goldenTask({
  task: withImage,
  columns: scienceColumns,
  rows: scienceRows.slice(0, 1),
  answers: ["B. a rock"],
  main: { official: 1, "lmms-eval": 1 },
});
for (const task of [likelihood, imageLikelihood])
  goldenTask({
    task: task,
    columns: scienceColumns,
    rows: scienceRows.slice(0, 1),
    answers: [[-3.5, -0.25]],
    main: { official: 1, "lmms-eval": 1 },
  });

const refcocoColumns: Record<string, ColumnType> = {
  ...{ question_id: "string", image: "image", question: "string", answer: "strings", segmentation: "doubles" },
  ...{ bbox: "doubles", iscrowd: "int64", file_name: "string" },
};
// Images are 32 x 24: the box is [0.25, 0.25, 0.75, 0.75] of it.
const refcocoRows = [
  {
    question_id: "469306",
    question: "Please carefully observe the area",
    answer: ["guy in blue", "left man"],
    bbox: [8, 6, 16, 12],
    segmentation: [8, 6, 24, 6, 24, 18, 8, 18],
    file_name: "COCO_train2014_000000581857_16.jpg",
    image: true,
  },
];
const byForm = {
  caption: { answers: ["The man in blue"] },
  // The first box is the target, the second half of it.
  bbox_rec: { answers: ["[0.25, 0.25, 0.75, 0.75]", "at [0.25,0.25,0.5,0.75], I think"], main: 1 },
  grounding: { answers: ['```json\n[{"bbox_2d": [250, 250, 750, 750], "label": "man"}]\n```'], main: 1 },
};
for (const task of refcoco) {
  const form = task.name.endsWith("_bbox_rec")
    ? "bbox_rec"
    : task.name.endsWith("_grounding")
      ? "grounding"
      : "caption";
  const { answers, main } = { main: undefined, ...byForm[form] };
  goldenTask({
    task: task,
    columns: refcocoColumns,
    rows: refcocoRows,
    answers,
    ...(main === undefined ? {} : { main: { official: main, "lmms-eval": main } }),
  });
}

const screenColumns: Record<string, ColumnType> = {
  ...{
    file_name: "string",
    bbox: "doubles",
    instruction: "string",
    data_type: "string",
    data_source: "string",
    image: "image",
  },
};
const screenRows = [
  {
    file_name: "mobile_1.png",
    bbox: [0.2, 0.1, 0.6, 0.3],
    instruction: "open the camera",
    data_type: "icon",
    data_source: "ios",
    image: true,
  },
  {
    file_name: "web_1.png",
    bbox: [0, 0.5, 0.1, 0.6],
    instruction: "go back",
    data_type: "text",
    data_source: "shop",
    image: true,
  },
];
const [locate, describeElement] = screenspot;
goldenTask({
  task: locate,
  columns: screenColumns,
  rows: screenRows,
  answers: ["(200, 100, 600, 300)", "nowhere"], // thousandths; nothing that can be read
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});
goldenTask({
  task: describeElement,
  columns: screenColumns,
  rows: screenRows,
  answers: ["open the camera", "go forward"],
});

goldenTask({
  task: ferret,
  columns: {
    ...{ question_id: "string", image: "image", question: "string", context: "string", gpt_answer: "string" },
    ...{ category: "string", image_name: "string" },
  },
  rows: [
    {
      question_id: "1",
      question: "What is at [1, 2, 3, 4]?",
      context: "A dog.",
      gpt_answer: "A dog at play.",
      category: "refer_desc",
      image_name: "a.jpg",
      image: true,
    },
    {
      question_id: "1",
      question: "Where is the dog?",
      context: "A dog.",
      gpt_answer: "At [0, 0, 1, 1].",
      category: "ground_conv",
      image_name: "a.jpg",
      image: true,
    },
  ],
  answers: ["A cat.", "At [0, 0, 1, 1]."],
  verdicts: [["8 4\nWrong animal."], ["9 9"]],
  main: { official: 76.5, "lmms-eval": 76.5 },
});

const detailed = { columns: { question: "string", image: "image", answer: "string" } } as const;
goldenTask({
  ...detailed,
  task: dc100.find(({ name }) => name === "dc200_cn"),
  rows: [{ question: "请详细描述这张图片。", answer: "一个红色的正方形。", image: true }],
  answers: ["白底上的红色正方形。"],
  verdicts: [["Correct.\nFinal Score: 90"]],
  main: { official: 90, "lmms-eval": 0 },
});

goldenTask({
  ...detailed,
  task: dc100.find(({ name }) => name === "dc100_en"),
  rows: [{ question: "Describe the image in detail.", answer: "A red square.", image: true }],
  answers: ["A red square on white."],
  verdicts: [["Accurate but short.\nFinal Score: 72"]],
  main: { official: 72, "lmms-eval": 0 }, // lmms-eval's judge sees neither image nor caption
});
