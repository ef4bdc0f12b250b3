/** Problems of 2024 and 2025 whose answers are numbers, formulas or letters in long replies. */

import { expect, it } from "vitest";
import dynamathTasks from "../../tasks/dynamath/task.js";
import emma from "../../tasks/emma/task.js";
import logicvistaTasks from "../../tasks/logicvista/task.js";
import olympiadbench from "../../tasks/olympiadbench/task.js";
import { goldenTask } from "./golden-task.js";

const [dynamath] = dynamathTasks;
const [logicvista] = logicvistaTasks;

const puzzle = {
  image: true,
  question: "Which of A, B, C and D completes the row?",
  answer: "C",
  skill: "['spatial']",
};
goldenTask({
  task: logicvista,
  columns: { index: "int64", image: "image", question: "string", answer: "string", skill: "string" },
  rows: [
    { index: 0, ...puzzle },
    { index: 1, ...puzzle, answer: "B, D", skill: "['inductive', 'spatial']" },
    { index: 2, ...puzzle, answer: "C,A" },
    { index: 3, ...puzzle },
    { index: 4, ...puzzle, skill: null },
    { index: 5, ...puzzle },
  ],
  answers: ["C", "B and D, I think", "AC", "none of them", "The third.", "C."],
  // Letters alone need no judge but with VLMEvalKit's scoring; "C,A" is nothing that a reply can equal there.
  verdicts: [["C"], ["B, D", "DB"], ["CA"], ["Z"], ["", "I cannot", "HTTP 503", "ERROR", "c"], ["C"]],
  main: { official: 4 / 5, "lmms-eval": 4 / 5, vlmevalkit: 3 / 5 },
});

const slope = { decoded_image: true, question: "What is the slope?", answer_type: "float", subject: "algebra" };
const json = (answer: unknown) => JSON.stringify({ solution: "so", "short answer": answer });
goldenTask({
  task: dynamath,
  columns: {
    ...{ id: "string", question: "string", decoded_image: "image", ground_truth: "string", answer_type: "string" },
    ...{ subject: "string", knowledge_level: "string" },
  },
  rows: [
    { id: "1", ...slope, ground_truth: "-0.500", knowledge_level: "high school" },
    { id: "1", ...slope, question: "What is its area?", ground_truth: "6.283", knowledge_level: "high school" },
    { id: "2", ...slope, answer_type: "multiple choice", question: "Which?", ground_truth: "B", subject: "statistics" },
    {
      id: "2",
      ...slope,
      answer_type: "multiple choice",
      question: "And now?",
      ground_truth: "D",
      subject: "statistics",
    },
    { id: "3", ...slope, answer_type: "text", question: "Which month?", ground_truth: "Sep", subject: "statistics" },
    { id: "4", ...slope, question: "How long?", ground_truth: "2" },
  ],
  answers: [
    json("-0.5 units"),
    `Here it is: ${json("2π")}`,
    json("BD"),
    json("BD"),
    json("September"),
    "It is hard to say.",
  ],
  // Both letters of "BD" are right with the authors' rule; VLMEvalKit's judge writes anew what its own rules cannot read.
  verdicts: [[], [], ["B."], ["503 overloaded", "B"], [], ["2 requests are queued", "", "A network error"]],
  main: { official: 4 / 6, "lmms-eval": 4 / 6, vlmevalkit: 3 / 5 },
});

const figure = { image_1: true, image_2: true, image_3: null, image_4: null, image_5: null };
const choice = { ...figure, context: "See <image_2>.", question: "Which is <image_1>?", type: "Multiple Choice" };
goldenTask({
  task: emma,
  split: "mini",
  columns: {
    ...{ pid: "string", context: "string", question: "string", options: "strings", answer: "string", type: "string" },
    ...{ subject: "string", category: "string", image_1: "image", image_2: "image", image_3: "image" },
    ...{ image_4: "image", image_5: "image" },
  },
  rows: [
    { pid: "m1", ...choice, options: ["22", "a half"], answer: "A", subject: "Math", category: "2D" },
    { pid: "m2", ...choice, options: ["1", "2"], answer: "B", subject: "Physics", category: "3D" },
    { pid: "m3", ...choice, options: [], answer: "22", type: "Open-ended", subject: "Math", category: "2D" },
    { pid: "m4", ...choice, options: [], answer: "0.5", type: "Open-ended", subject: "Math", category: null },
    { pid: "m5", ...choice, options: [], answer: "x^2+1", type: "Open-ended", subject: "Math", category: null },
  ],
  // An option's text is right with the authors' rules; formulas with letters are equal only as text.
  answers: ["so \\boxed{22}", "B. because", "The answer is twenty-two.", "\\boxed{\\text{1/2}}", "\\boxed{1+x^2}"],
  verdicts: [["Correct"], ["Incorrect"], ["", "HTTP 503", "not quite"], ["It is correct."], ["yes", "incorrect"]],
  main: { official: 4 / 5, "lmms-eval": 2 / 4 },
});

it.each([
  ['{"solution": NaN, "short answer": "B"}', 1],
  ['{"solution": "x", "short answer": "𝐁B"}', 1],
  ['\u00a0{"solution": "x", "short answer": "B"}', 0], // no white space of JSON
])("DynaMath's script reads %j as Python's json does", (reply, value) => {
  const row = {
    id: "1",
    ...slope,
    decoded_image: { path: "a.png" },
    answer_type: "multiple choice",
    ground_truth: "B",
  };
  const output = { text: reply, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] } as const;
  const context = { scoring: "official", verdicts: [], turns: [output], draw: ([first]: readonly unknown[]) => first };
  expect(dynamath?.score?.(row as never, output as never, context as never)).toMatchObject({ status: "scored", value });
});

const olympiad = {
  ...figure,
  image_2: null,
  answer_type: "Expression",
  is_multiple_answer: false,
  subfield: "Algebra",
};
const maths = { ...olympiad, source: "OE_MM_maths_en_COMP", question: "Find $x$.", context: null, unit: null };
const mechanics = { ...olympiad, source: "OE_MM_physics_en_COMP", question: "How far?", context: "A block rests." };
goldenTask({
  task: olympiadbench,
  columns: {
    ...{ id: "int64", question: "string", context: "string", subfield: "string", source: "string", unit: "string" },
    ...{ answer_type: "string", is_multiple_answer: "bool", final_answer: "strings", error: "string" },
    ...{ image_1: "image", image_2: "image", image_3: "image", image_4: "image", image_5: "image" },
  },
  rows: [
    { id: 1, ...maths, final_answer: ["$a^{2}-b^{2}$"], error: null },
    { id: 2, ...maths, final_answer: ["$\\pm 2$"], is_multiple_answer: true, error: null },
    { id: 3, ...mechanics, final_answer: ["$2.5$"], unit: "m", error: "1e-1", answer_type: "Numerical" },
    { id: 4, ...mechanics, final_answer: ["$2.5,3.5$"], unit: null, error: "1e-1,1e-2", answer_type: "Numerical" },
    { id: 5, ...maths, final_answer: ["$y=2x+1$"], error: null, answer_type: "Equation" },
  ],
  answers: [
    "So the final answer is \\boxed{(a+b)(a-b)}.",
    "So the final answer is \\boxed{-2, 2}.",
    "So the final answer is \\boxed{2.59}(m).",
    "So the final answer is \\boxed{2.55, 3.52}.",
    "So the final answer is \\boxed{2y-4x=2}.",
  ],
  // Formulas that are not written alike are never equal with VLMEvalKit's copy; the second tolerance is too small for 3.52.
  verdicts: [["Yes"], ["**No**"], ["Yes? How can I help you?", "", "HTTP 503"], ["yes."], ["No"]],
  main: { official: 4 / 5, "lmms-eval": 2 / 4, vlmevalkit: 3 / 5 },
});
