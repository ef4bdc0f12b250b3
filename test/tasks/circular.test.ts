import blink from "../../tasks/blink/task.js";
import mmbench from "../../tasks/mmbench/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const columns: Record<string, ColumnType> = {
  ...{ index: "int64", question: "string", hint: "string", answer: "string", category: "string", image: "image" },
  ...{ A: "string", B: "string", C: "string", D: "string", source: "string", "L2-category": "string", split: "string" },
};
const common = { image: true, source: "made", split: "dev", category: "object", "L2-category": "perception" };
// Two questions: three options and so three passes; two options of which one is contained in the other's answer.
const rows = [
  {
    index: 1,
    question: "What is it?",
    hint: "A farm.",
    A: "a cat",
    B: "a dog",
    C: "a cow",
    D: null,
    answer: "B",
    ...common,
  },
  {
    index: 2,
    question: "Ripe?",
    hint: "nan",
    A: "yes",
    B: "no",
    C: "nan",
    D: "nan",
    answer: "A",
    ...common,
    category: "state",
  },
  {
    index: 1_000_001,
    question: "What is it?",
    hint: "A farm.",
    A: "a cow",
    B: "a cat",
    C: "a dog",
    D: null,
    answer: "C",
    ...common,
  },
  {
    index: 2_000_001,
    question: "What is it?",
    hint: "A farm.",
    A: "a dog",
    B: "a cow",
    C: "a cat",
    D: null,
    answer: "A",
    ...common,
  },
  {
    index: 1_000_002,
    question: "Ripe?",
    hint: "nan",
    A: "no",
    B: "yes",
    C: "nan",
    D: "nan",
    answer: "B",
    ...common,
    category: "state",
  },
];

// Translations and forms with thoughts have rows and replies of their own: translations.test.ts, thoughts.test.ts.
const elsewhere = /_(ko|ru)_|_reasoning$/;
for (const task of mmbench.filter(({ name }) => !elsewhere.test(name))) {
  const judged = task.name.endsWith("_judged");
  goldenTask({
    task: task,
    columns,
    rows,
    // All passes of question 1 are right (by letter, text and letter); of question 2 one needs a judge, or the static rule.
    answers: ["B", "(A)", "it is a dog", "A.", "B, I think"],
    ...(judged ? { verdicts: [[], [], [], [], ["perhaps", "Your output: B"]] } : {}),
    main: { official: 1, "lmms-eval": 1 },
  });
}
const [english] = mmbench;
goldenTask({
  task: english,
  split: "test",
  columns,
  rows: rows.map((row) => ({ ...row, answer: null, split: "test" })),
  answers: ["B", "(A)", "it is a dog", "A.", "B, I think"],
});
const [, , englishJudged] = mmbench;
goldenTask({
  task: englishJudged && { ...englishJudged, name: "mmbench_en_judge_fails" },
  published: false,
  columns,
  rows: rows.slice(0, 2),
  // No rule finds a letter. The question is unscored after three useless replies, though lmms-eval draws a letter.
  answers: ["hard to say", "A"],
  verdicts: [["?", "who knows", "no"], []],
});

const cups = {
  idx: "1",
  question: "How many cups?",
  choices: ["1", "2"],
  answer: "(B)",
  prompt: "How many cups?\nSelect from the following choices.\n(A) 1\n(B) 2",
};
goldenTask({
  task: blink,
  columns: {
    ...{
      idx: "string",
      question: "string",
      sub_task: "string",
      choices: "strings",
      answer: "string",
      prompt: "string",
    },
    ...{ image_1: "image", image_2: "image", image_3: "image", image_4: "image", explanation: "string" },
  },
  rows: [
    { ...cups, idx: "val_Counting_1", sub_task: "Counting", image_1: true },
    { ...cups, idx: "val_Counting_2", sub_task: "Counting", image_1: true },
    { ...cups, idx: "val_Jigsaw_1", sub_task: "Jigsaw", image_1: true, image_2: true },
  ],
  // "two cups" goes to the judge; lmms-eval takes its first letter, T.
  answers: ["(B)", "two cups", "B"],
  verdicts: [[], ["The output is (B)"], []],
  main: { official: 1, "lmms-eval": (1 / 2 + 1) / 2 },
});
