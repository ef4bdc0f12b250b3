/** Problems of 2024 and 2025 whose answers are numbers, formulas or letters in long replies. */

import dynamath from "../../tasks/dynamath/task.js";
import logicvista from "../../tasks/logicvista/task.js";
import { goldenTask } from "./golden-task.js";

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
