import { expect, test } from "vitest";
import type { Output } from "../../src/core/runner.js";
import mathverseTasks from "../../tasks/mathverse/task.js";
import mathvisionTasks from "../../tasks/mathvision/task.js";
import mathvistaTasks from "../../tasks/mathvista/task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [mathverse] = mathverseTasks;
const [mathvision, mathvisionJudged] = mathvisionTasks;
const [mathvista] = mathvistaTasks;

const vistaColumns: Record<string, ColumnType> = {
  ...{ pid: "string", question: "string", image: "string", decoded_image: "image", choices: "strings", unit: "string" },
  ...{ precision: "double", answer: "string", question_type: "string", answer_type: "string", query: "string" },
  metadata: {
    struct: {
      ...{ category: "string", context: "string", grade: "string", language: "string" },
      ...{ skills: "strings", source: "string", task: "string" },
    },
  },
};
const metadata = {
  category: "general-vqa",
  context: "bar chart",
  grade: "college",
  language: "english",
  skills: ["statistical reasoning"],
  source: "made",
  task: "figure question answering",
};
const geometry = { ...metadata, category: "math-targeted-vqa", skills: ["geometry reasoning", "algebraic reasoning"] };
const vistaRows = [
  {
    pid: "1",
    question: "How tall?",
    unit: "cm",
    precision: 1,
    answer: "4.5",
    question_type: "free_form",
    answer_type: "float",
    query: "Hint: one decimal.\nQuestion: How tall? (Unit: cm)",
    metadata,
  },
  {
    pid: "2",
    question: "How many?",
    precision: null,
    answer: "3",
    question_type: "free_form",
    answer_type: "integer",
    query: "Hint: integer.\nQuestion: How many?",
    metadata,
  },
  {
    pid: "3",
    question: "Find x.",
    choices: ["135°", "140°"],
    answer: "140°",
    question_type: "multi_choice",
    answer_type: "text",
    query: "Hint: letter.\nQuestion: Find x.\nChoices:\n(A) 135°\n(B) 140°",
    metadata: geometry,
  },
  {
    pid: "4",
    question: "Which years?",
    answer: "[2007, 2008]",
    question_type: "free_form",
    answer_type: "list",
    query: "Hint: list.\nQuestion: Which years?",
    metadata,
  },
].map((row) => ({ decoded_image: true, image: `images/${row.pid}.jpg`, ...row }));
goldenTask({
  task: mathvista,
  columns: vistaColumns,
  rows: vistaRows,
  // A bare number needs no judge; the others are extracted. lmms-eval cannot score float answers at all.
  answers: ["4.50", "There are 3 apples", "(B) is right", "2007 and 2008"],
  verdicts: [[], ["", "3"], ["(B) 140°"], ["[2007, 2008]"]],
  main: { official: 1, "lmms-eval": 3 / 4 },
});
goldenTask({
  task: mathvista,
  split: "test",
  columns: vistaColumns,
  rows: vistaRows.slice(0, 2).map((row) => ({ ...row, answer: "" })),
  answers: ["4.50", "There are 3 apples"],
});

const triangle = {
  question: "Find AC.",
  answer: "A",
  question_type: "multi-choice",
  metadata: { split: "testmini", source: "made", subject: "Plane Geometry", subfield: "Length" },
};
const verse = {
  ...triangle,
  query_wo: "Please answer.\nQuestion: Find AC.",
  query_cot: "Think first.\nQuestion: Find AC.",
  question_for_eval: "Find AC.\nChoices:\nA:5\nB:6",
};
goldenTask({
  task: mathverse,
  columns: {
    ...{
      sample_index: "string",
      problem_index: "string",
      problem_version: "string",
      question: "string",
      image: "image",
    },
    ...{
      answer: "string",
      question_type: "string",
      query_wo: "string",
      query_cot: "string",
      question_for_eval: "string",
    },
    metadata: { struct: { split: "string", source: "string", subject: "string", subfield: "string" } },
  },
  rows: [
    { ...verse, sample_index: "1", problem_index: "1", problem_version: "Text Dominant", image: true },
    { ...verse, sample_index: "2", problem_index: "1", problem_version: "Vision Only", image: true },
    { ...verse, sample_index: "3", problem_index: "2", problem_version: "Vision Only", image: true },
  ],
  answers: ["So AC is 5, option A.", "B", "I cannot tell"],
  // Officially two replies each (extraction, match); for lmms-eval the first that begins with a digit is the 0/1 verdict.
  verdicts: [
    ["A", "Judgement: 1"],
    ["B", "0"],
    ["null", "0 (see step 1)", "0"],
  ],
  main: { official: 1 / 3, "lmms-eval": 1 / 3 },
});

const mathvisionColumns = {
  ...{ id: "string", question: "string", options: "strings", image: "string", decoded_image: "image" },
  ...{ answer: "string", solution: "string", level: "int64", subject: "string" },
} as const satisfies Record<string, ColumnType>;
const grid = { decoded_image: true, image: "images/1.jpg", solution: "", level: 2, subject: "counting" };
goldenTask({
  task: mathvision,
  columns: mathvisionColumns,
  rows: [
    { id: "1", question: "How many squares?\n<image1>", options: ["4", "$\\frac{10}{2}$"], answer: "B", ...grid },
    {
      id: "2",
      question: "What is the area?\n<image1>",
      options: [],
      answer: "7.5",
      ...grid,
      level: 4,
      subject: "metric geometry - area",
    },
    { id: "3", question: "Which one?\n<image1>", options: ["A", "B"], answer: "A", ...grid },
  ],
  // The option's value; a fraction in a box; the wrong letter.
  answers: ["The answer is 5.", "We get $\\boxed{\\frac{15}{2}}$.", "It must be (B)."],
  // VLMEvalKit's judge extracts what its rules do not find.
  verdicts: [["B"], ["The service is away", "15/2"]],
  main: { official: 2 / 3, "lmms-eval": 2 / 3, vlmevalkit: 2 / 3 },
});

goldenTask({
  task: mathvisionJudged,
  columns: mathvisionColumns,
  rows: [
    { id: "1", question: "How many squares?\n<image1>", options: ["4", "5"], answer: "B", ...grid },
    { id: "2", question: "What is the area?\n<image1>", options: [], answer: "7.5", ...grid },
    { id: "3", question: "Which one?\n<image1>", options: ["A", "B"], answer: "A", ...grid },
  ],
  answers: ["So \\boxed{B}.", "\\boxed{7}", "It must be (B)."],
  // The last judge never says 1 or 0: unscored, though lmms-eval counts a reply without a 1 as 0.
  verdicts: [["1"], ["wrong", "0"], ["The service is away", "busy", "retry in 1 s"]],
  main: { official: 1 / 2, "lmms-eval": 1 / 2 },
});

test("MATH-Vision under vlmevalkit scoring: the reply A equals every number, as there, and is counted as a guess", () => {
  const output: Output = { text: "A", finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 1 }, warnings: [] };
  const row = { id: "1", question: "?", options: [], answer: "7.5", level: 1, subject: "algebra" };
  const score = (answer: string) =>
    mathvision?.score?.({ ...row, answer, decoded_image: undefined as never }, output, {
      ...{ scoring: "vlmevalkit", verdicts: ["none"], turns: [output] },
      draw: ([first]) => first as never,
    });
  expect(score("7.5")).toMatchObject({ status: "scored", value: 1, remark: "unparsable" });
  expect(score("a rectangle")).toMatchObject({ status: "scored", value: 0 });
  expect(score("A")).toEqual({ status: "scored", value: 1, answer: "A", targets: ["A"] });
});
