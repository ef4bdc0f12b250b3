/** Benchmarks of 2024 and 2025 that ask of several images at once, or of what everybody knows. */

import threeDsrBench from "../../tasks/3dsrbench/task.js";
import naturalbench from "../../tasks/naturalbench/task.js";
import biased from "../../tasks/vlms_are_biased/task.js";
import blind from "../../tasks/vlmsareblind/task.js";
import weMathTasks from "../../tasks/wemath/task.js";
import { goldenTask } from "./golden-task.js";

const [weMath] = weMathTasks;

const dog = { Image: true, Question: "Is the dog on the sofa?", Question_Type: "yes_no" };
const place = { Image: true, Question: "Where is it? Option: A: in; B: out;", Question_Type: "multiple_choice" };
goldenTask({
  task: naturalbench,
  columns: { Index: "int64", Image: "image", Question: "string", Question_Type: "string", Answer: "string" },
  rows: [
    { Index: 0, ...dog, Answer: "Yes" },
    { Index: 1, ...dog, Answer: "No" },
    { Index: 2, ...dog, Question: "Is it on the floor?", Answer: "No" },
    { Index: 3, ...dog, Question: "Is it on the floor?", Answer: "Yes" },
    { Index: 4, ...place, Answer: "A" },
    { Index: 5, ...place, Answer: "B" },
    { Index: 6, ...place, Answer: "B" },
    { Index: 7, ...place, Answer: "A" },
  ],
  // The article of "a red one" is an A; "Yes and no" is a yes; silence is wrong.
  answers: ["Yes.", "no", "No, it is not", "Yes and no", "a red one", "B", "B", ""],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});

const lamp = { image: true, question: "Which is higher?", category: "height_higher", C: "nan", D: null };
goldenTask({
  task: threeDsrBench,
  split: "circular",
  columns: {
    ...{ index: "int64", qid: "string", image: "image", question: "string", A: "string", B: "string" },
    ...{ C: "string", D: "string", answer: "string", category: "string" },
  },
  rows: [
    { index: 0, qid: "VIN6MS3J", ...lamp, A: "the lamp", B: "the shelf", answer: "A" },
    { index: 1, qid: "VIN6MS3J-1", ...lamp, A: "the shelf", B: "the lamp", answer: "B" },
    { index: 2, qid: "VIN6MS3J-flip", ...lamp, A: "the lamp", B: "the shelf", answer: "A" },
    { index: 3, qid: "VIN6MS3J-flip-1", ...lamp, A: "the shelf", B: "the lamp", answer: "B" },
    { index: 4, qid: "AAAAAAAA", ...lamp, A: "the lamp", B: "the shelf", answer: "B", category: "location_above" },
  ],
  // Only VLMEvalKit looks for the option's text; only lmms-eval's patterns take the letter of "So (A), not B.".
  answers: ["A", "Answer: B", "So (A), not B.", "B. the lamp", "the shelf"],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});
goldenTask({
  task: threeDsrBench,
  columns: {
    ...{ index: "int64", image: "image", question: "string", A: "string", B: "string", C: "string", D: "string" },
    ...{ answer: "string", category: "string" },
  },
  rows: [{ index: 0, ...lamp, A: "the lamp", B: "the shelf", answer: "A" }],
  answers: ["A lamp hangs above"],
  main: { official: 1, "lmms-eval": 1, vlmevalkit: 1 },
});

const legs = { image: true, topic: "Animals", prompt: "How many legs?", ground_truth: "5", expected_bias: "4" };
goldenTask({
  task: biased,
  columns: {
    ...{ ID: "string", image: "image", topic: "string", prompt: "string", ground_truth: "string" },
    ...{ expected_bias: "string", sub_topic: "string", with_title: "bool" },
  },
  rows: [
    { ID: "1", ...legs },
    { ID: "2", ...legs },
    { ID: "3", ...legs },
    { ID: "4", ...legs, topic: "Flags", ground_truth: "Yes", expected_bias: "No" },
  ],
  // All digits of a text are one number: "4, no 5" is 45, neither truth nor bias.
  answers: ["{5}", "It has 4 legs", "4, no 5", "{YES}"],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});

const lines = {
  image: true,
  task: "Line Plot Intersections",
  prompt: "How often do the lines cross?",
  groundtruth: "2",
};
goldenTask({
  task: blind,
  columns: { image: "image", task: "string", prompt: "string", groundtruth: "string" },
  rows: [
    lines,
    { ...lines, task: "Circled Letter", prompt: "Which letter is circled?", groundtruth: "b" },
    { ...lines, task: "Counting Grid - Word Grids", prompt: "Count.", groundtruth: "3,4" },
    { ...lines, task: "Counting Grid - Blank Grids", prompt: "Count.", groundtruth: "3,4" },
    { ...lines, task: "Olympic Counting - Circles", prompt: "How many circles?", groundtruth: "5" },
  ],
  // lmms-eval takes the first letter of all ("The answer is {b}" is a t), VLMEvalKit what stands in braces, and "15" for a 5.
  answers: ["2", "The answer is {b}", "{3}{4}", "Rows={3}, columns={4}", "15"],
  // Of lines, letters, grids (two rows), circles: (1 + 0 + 1/2 + 0) / 4, and (0 + 1 + 1/2 + 1) / 4.
  main: { official: 3 / 8, "lmms-eval": 3 / 8, vlmevalkit: 5 / 8 },
});

const area = { image_path: true, question: "Its area is ( ).", option: "A. 28;B. 1;49; C. No correct answer" };
const problem = (ID: string, answers: string) =>
  [...answers].map((answer, i) => {
    const step = i < answers.length - 1 ? String(i + 1) : "multi";
    return { ID, ...area, answer, key: `${answers.length - 1}steps_${step}` };
  });
goldenTask({
  task: weMath,
  columns: { ID: "string", image_path: "image", question: "string", option: "string", answer: "string", key: "string" },
  rows: [...problem("2steps_1", "AAB"), ...problem("2steps_2", "AAB"), ...problem("3steps_1", "AABB")],
  answers: [
    ...["<Answer>: <<A>>", "<Answer>: <<A. 28>>", "<Answer>: <<C>>"],
    ...["Answer: A", "Answer: (A)", "<Thought process>: <<no Answer>> <Answer>: <<B>>"],
    // Without the word, the first character of the reply: "Both" is a B.
    ...["Answer: B", "It is A", "Both", "The Answer is B"],
  ],
  // Steps known and the problem not: half of it; by rote; neither: 1 - (1/2 + 1 + 1) / 3.
  main: { official: 1 / 6, "lmms-eval": 1 / 6, vlmevalkit: 1 / 6 },
});
