/** Benchmarks of 2025 and 2026 whose judges decide. */
import babyvision from "../../tasks/babyvision/task.js";
import chartqapro from "../../tasks/chartqapro/task.js";
import charxiv from "../../tasks/charxiv/task.js";
import vlRewardbench from "../../tasks/vl_rewardbench/task.js";
import simplevqa from "../../tasks/vqa/simplevqa-task.js";
import worldvqa from "../../tasks/vqa/worldvqa-task.js";
import { drawnImage } from "../fakes/images.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const base64 = (await drawnImage({ seed: 1, width: 32, height: 24 })).toString("base64");

const tower = { image: base64, question: " Which tower is this? ", answer: "Eiffel Tower", language: "EN" };
goldenTask({
  task: simplevqa,
  columns: { data_id: "int64", image: "string", question: "string", answer: "string", language: "string" },
  rows: [
    { data_id: 1, ...tower },
    { data_id: 2, ...tower, question: "图中是谁？", answer: "贝多芬", language: "CN" },
    { data_id: 3, ...tower },
    { data_id: 4, ...tower },
  ],
  answers: ["the Eiffel Tower.", "I do not know", "Big Ben", "Eiffel tower"],
  // Three odd replies and the sample has no score: an outage, a bare word, another word.
  verdicts: [
    ["正确", '{"预测答案0": "正确"}'],
    ['```json\n{"预测答案0": "未尝试"}\n```'],
    ['{"预测答案0": "**错误**"'],
    ["Error 503", '{"预测答案0": "部分正确"}', ""],
  ],
  // 1 of 3 is right, and of 2 that try; lmms-eval compares texts, without articles.
  main: { official: 1 / 3, "lmms-eval": 1 / 2, vlmevalkit: 1 / 3 },
});

const cat = { image: true, question: " Which breed? ", answer: "Maine Coon", language: "en", category: "Nature" };
goldenTask({
  task: worldvqa,
  columns: {
    ...{ index: "int64", image: "image", question: "string", answer: "string", language: "string" },
    ...{ category: "string", difficulty: "string" },
  },
  rows: [
    { index: 0, ...cat, difficulty: "easy" },
    { index: 1, ...cat, difficulty: "hard" },
    { index: 2, ...cat, difficulty: "hard", language: "zh", question: "这是什么猫？" },
    { index: 3, ...cat, difficulty: "hard" },
  ],
  answers: ["maine coon!", "A cat", "I cannot say", "Maine Coon"],
  verdicts: [
    ["Evaluation: same.\nLabel: Correct"],
    ["Evaluation: Not Correct, coarser.\n**Label: Incorrect**"],
    ["Label: Unattempted"],
    ["", "The service is not available", ...Array.from({ length: 8 }, () => "Correct")],
  ],
  main: { official: 1 / 3, "lmms-eval": 1 / 2 },
});

const pattern = { image: true, question: "Which one?", type: "Visual Tracking", subtype: "Maze" };
const choice = { ...pattern, ansType: "choice", options: ["left", "right"], choiceAns: 1, blankAns: null };
goldenTask({
  task: babyvision,
  columns: {
    ...{ taskId: "int64", image: "image", question: "string", ansType: "string", options: "strings" },
    ...{ choiceAns: "int64", blankAns: "string", type: "string", subtype: "string", coT: "string" },
  },
  rows: [
    { taskId: 1, ...choice },
    { taskId: 2, ...choice },
    { taskId: 3, ...pattern, ansType: "blank", options: null, choiceAns: null, blankAns: "(2,3)" },
  ],
  // The authors show the judge the word None where there is no box.
  answers: ["So \\boxed{B}.", "The answer is B", "<|begin_of_box|>(2,3)<|end_of_box|>"],
  // "Not true" is a yes for lmms-eval and VLMEvalKit; for the authors' words it is no verdict, and asked again.
  verdicts: [["Not true", "True"], ["**False**"], ["", "HTTP 503", "1"]],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});

const growth = { image: true, Question: ["Which region?"], Year: ["NO"], Paragraph: null };
goldenTask({
  task: chartqapro,
  columns: {
    ...{ image: "image", Question: "strings", Answer: "strings", "Question Type": "string", Year: "strings" },
    Paragraph: "string",
  },
  rows: [
    { ...growth, Answer: ["[Asia, Africa]"], "Question Type": "Factoid" },
    {
      ...growth,
      Question: ["First?", "It's 'when'?"],
      Answer: ["1", "2019"],
      "Question Type": "Conversational",
      Year: ["NO", "YES"],
    },
    { ...growth, Answer: ["b"], "Question Type": "Multi Choice", Paragraph: " Some context. " },
    { ...growth, Answer: ["12%"], "Question Type": "Hypothetical" },
    { ...growth, Answer: ["Germany"], "Question Type": "Fact Checking" },
  ],
  // Half of a list; a year must be equal; within 5 %; words alike by half, where lmms-eval wants them equal.
  answers: ["['Asia', 'Peru']", "2020", "b.", "12.5", "Germani"],
  main: {
    official: (1 / 2 + 0 + 1 + 1 + 6 / 7) / 5,
    "lmms-eval": (1 / 2 + 0 + 1 + 1 + 0) / 5,
    vlmevalkit: (1 / 2 + 0 + 1 + 1 + 6 / 7) / 5,
  },
});

const sofa = { image: true, query: "What is on the sofa?" };
goldenTask({
  task: vlRewardbench,
  columns: { id: "string", image: "image", query: "string", response: "strings", human_ranking: "ints" },
  rows: [
    { id: "RLHF-V-1", ...sofa, response: ["a dog", "two cats!"], human_ranking: [0, 1] },
    // The lengths add up to an odd number: the answers are shown the other way round.
    { id: "mathverse_12", ...sofa, response: ["a dog", "a cat."], human_ranking: [0, 1] },
    { id: "wildvision-3", ...sofa, response: ["a dog", "two"], human_ranking: [1, 0] },
    { id: "wildvision-4", ...sofa, response: ["a dog", "two"], human_ranking: [1, 0] },
  ],
  answers: [
    "Answer 2 is better at first. **Overall Judgment:** Answer 1 is slightly better.",
    "Therefore, Answer 2 is better.",
    "I prefer the second.",
    "Both are equal.",
  ],
  verdicts: [[], [], ["**Answer 1.**"], ["", "Answer 1 or Answer 2", "HTTP 503"]],
  // Hallucination 1, reasoning 1, general 0 of 1 with a verdict.
  main: { official: 2 / 3, "lmms-eval": 2 / 3 },
});

const [reasoning, descriptive] = charxiv;
const chart = { image: true, category: "cs", year: "21", num_subplots: 2 };
const chartColumns: Record<string, ColumnType> = {
  ...{ image: "image", figure_path: "string", category: "string", year: "string", num_subplots: "int64" },
  ...{ original_id: "string", reasoning_q: "string", reasoning_a: "string" },
  ...{ reasoning_q_source: "int64", reasoning_a_type: "int64", grading_query: "string" },
};
const curve = {
  ...{ ...chart, reasoning_q: "Which curve is highest?", reasoning_a: "Curve (b)" },
  grading_query: "Grade: {PREDICTION}", // of VLMEvalKit's file
};
goldenTask({
  task: reasoning,
  columns: chartColumns,
  rows: [
    { figure_path: "images/0.jpg", ...curve, reasoning_q_source: 1, reasoning_a_type: 2 },
    // The words tell how many places the answer has; lmms-eval sends another class's.
    { figure_path: "images/1.jpg", ...curve, reasoning_a: "0.25", reasoning_q_source: 2, reasoning_a_type: 4 },
    { figure_path: "images/2.jpg", ...curve, reasoning_q_source: 3, reasoning_a_type: 1, num_subplots: 1 },
  ],
  answers: ["(b)", "0.25", "Curve (a)"],
  // The authors count another score than 0 and 1 as 0, and lmms-eval a judge that failed as -1.
  verdicts: [
    ['{"extract_answer": "b", "score": 1}', '{"extracted_answer": "b", "score": 1}'],
    ['{"extracted_answer": "0.25", "score": 0}'],
    ["HTTP 503", ...Array.from({ length: 9 }, () => '{"extracted_answer": "a", "score": 2}')],
  ],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});
const text = "string" as const;
const number = "int64" as const;
goldenTask({
  task: descriptive,
  columns: {
    ...{ image: "image", figure_path: text, category: text, year: text, num_subplots: number, subplot_loc: text },
    ...{ subplot_row: number, subplot_col: number, descriptive_q1: number, descriptive_q2: number },
    ...{ descriptive_q3: number, descriptive_q4: number, descriptive_a1: text, descriptive_a2: text },
    ...{ descriptive_a3: text, descriptive_a4: text },
  },
  rows: [
    {
      ...{ figure_path: "images/0.jpg", ...chart, subplot_loc: null, subplot_row: 1, subplot_col: 2 },
      ...{ descriptive_q1: 1, descriptive_q2: 18, descriptive_q3: 8, descriptive_q4: 10 },
      ...{ descriptive_a1: "Not Applicable", descriptive_a2: "1 by 2", descriptive_a3: "0.5", descriptive_a4: "3" },
    },
    {
      ...{ figure_path: "images/1.jpg", ...chart, subplot_loc: "the inset", subplot_row: 0, subplot_col: 0 },
      ...{ descriptive_q1: 16, descriptive_q2: 13, descriptive_q3: 17, descriptive_q4: 19 },
      ...{ descriptive_a1: "increases", descriptive_a2: "a, b", descriptive_a3: "12", descriptive_a4: "1" },
    },
  ],
  answers: ["none", "1 by 2", "0.5", "4", "rises", "b, a", "12", "1"],
  verdicts: [1, 1, 1, 0, 1, 0, 1].map((score) => [`{"extract_answer_T1": "x", "score_T1": ${score}}`]),
  // The last has no verdict: 5 of 7.
  main: { official: 5 / 7, "lmms-eval": 5 / 7 },
});
