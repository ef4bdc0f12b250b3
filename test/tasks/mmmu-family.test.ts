import cmmmu from "../../tasks/mmmu/cmmmu-task.js";
import standard from "../../tasks/mmmu/pro-standard-task.js";
import vision from "../../tasks/mmmu/pro-vision-task.js";
import mmmuTasks from "../../tasks/mmmu/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [mmmu, reasoning] = mmmuTasks;
const tagged = (count: number): Record<string, ColumnType> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`image_${i + 1}`, "image" as const]));

const mmmuColumns: Record<string, ColumnType> = {
  ...{ id: "string", question: "string", options: "string", explanation: "string", ...tagged(7) },
  ...{ img_type: "string", answer: "string", topic_difficulty: "string", question_type: "string", subfield: "string" },
};
const choice = { options: "['red', \"the sun's colour\", '5\\n%', '']", question_type: "multiple-choice" };
const mmmuRows = [
  { id: "validation_Art_1", question: "What colour is <image 1>?", ...choice, answer: "B", image_1: true },
  {
    id: "validation_Basic_Medical_Science_2",
    question: "<image 2> or <image 1>?",
    ...choice,
    answer: "A",
    image_1: true,
    image_2: true,
  },
  {
    id: "validation_Math_3",
    question: "What is x in <image 1>?",
    options: "[]",
    question_type: "open",
    answer: "['24', '24.0']",
    image_1: true,
  },
  {
    id: "validation_Math_4",
    question: "Name the curve in <image 1>.",
    options: "[]",
    question_type: "open",
    answer: "parabola",
    image_1: true,
  },
  { id: "validation_Music_5", question: "Which key?", ...choice, answer: "D", image_1: true },
];

goldenTask({
  task: mmmu,
  columns: mmmuColumns,
  rows: mmmuRows,
  // A bare letter; brackets, the last one counts; a number; a word in a sentence; nothing that can be read.
  answers: ["B", "(B) or rather (A)", "So x is 24", "It is a parabola, of course.", "no idea"],
  main: { official: 4 / 5, "lmms-eval": 3 / 5 },
});

goldenTask({
  task: mmmu,
  split: "test",
  columns: mmmuColumns,
  rows: mmmuRows.map((row) => ({ ...row, id: row.id.replace("validation", "test"), answer: "?" })),
  answers: ["B", "(B) or rather (A)", "So x is 24", "It is a parabola, of course.", "no idea"],
});

goldenTask({
  task: reasoning,
  columns: mmmuColumns,
  rows: mmmuRows.slice(0, 3),
  // What stands in the tags is judged. "0 (see step 1)" is asked again.
  answers: ["<think>B?</think><answer> B </answer>", "(A)", "24"],
  verdicts: [["1"], ["0 (see step 1)", "0"], ["1"]],
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});

const proRow = {
  id: "test_Art_1",
  question: "Which one is <image 1>?",
  options: "['a cat', 'a dog', 'a cow']",
  answer: "C",
  subject: "Art",
  image_1: true,
};
const proColumns: Record<string, ColumnType> = {
  ...{ id: "string", question: "string", options: "string", explanation: "string", ...tagged(7) },
  ...{ img_type: "string", answer: "string", topic_difficulty: "string", subject: "string" },
};
for (const task of standard.slice(0, 2))
  goldenTask({
    task: task,
    columns: proColumns,
    rows: [proRow, { ...proRow, id: "test_Energy_and_Power_2", subject: "Energy_and_Power" }],
    // After the last "Answer:" the letter is C, but the last letter before a blank is A.
    answers: ["C", "Answer: C, not A cat"],
    main: { official: 1 / 2, "lmms-eval": 1 / 2 },
  });
for (const task of vision.slice(0, 2))
  goldenTask({
    task: task,
    columns: { id: "string", image: "image", options: "string", answer: "string", subject: "string" },
    rows: [
      { ...proRow, image: true },
      { ...proRow, id: "test_Math_2", subject: "Math", image: true },
    ],
    answers: ["C", "Thinking ... Answer: C"],
    main: { official: 1, "lmms-eval": 1 / 2 },
  });

const text = (name: string) => [name, "string"] as const;
const cmmmuColumns: Record<string, ColumnType> = {
  ...{ id: "int64", type: "string", question: "string", answer: "string", subcategory: "string", ...tagged(5) },
  ...Object.fromEntries(["option1", "option2", "option3", "option4"].map(text)),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => text(`image_${number}_filename`))),
};
const options = { option1: "红色", option2: "蓝色", option3: "绿色", option4: "黄色" };
goldenTask({
  task: cmmmu,
  columns: cmmmuColumns,
  rows: [
    {
      id: 1,
      type: "选择",
      question: '<img="a.png">是什么颜色？',
      ...options,
      answer: "AC",
      subcategory: "设计",
      image_1: true,
      image_1_filename: "a.png",
    },
    { id: 2, type: "判断", question: "水在零度结冰。", answer: "对", subcategory: "物理" },
    {
      id: 3,
      type: "填空",
      question: '一加一等于<img="b.png">',
      answer: "2",
      subcategory: "数学",
      image_1: true,
      image_1_filename: "b.png",
    },
    { id: 4, type: "判断", question: "地球是平的。", answer: "错", subcategory: "地理" },
  ],
  // Both frequent letters; a positive word; the number after an indicator; "not right", which the rule counts as right.
  answers: ["A和C", "这个说法是正确的。", "答案是2。", "不正确"],
  main: { official: 3 / 4, "lmms-eval": 3 / 4 },
});
goldenTask({
  task: cmmmu,
  split: "test",
  columns: cmmmuColumns,
  rows: [{ id: 9, type: "选择", question: "哪个？", ...options, answer: "?", subcategory: "设计" }],
  answers: ["答案是B"],
});
