import liveBench from "../../tasks/live_bench/task.js";
import llavaInTheWild from "../../tasks/llava_bench/in-the-wild-task.js";
import wilder from "../../tasks/llava_bench/wilder-task.js";
import mmvet from "../../tasks/mmvet/task.js";
import { goldenTask } from "./golden-task.js";

const sign = {
  question: "What is on the sign?",
  caption: "A blue sign.",
  gpt_answer: "A bicycle.",
  image_id: "1.jpg",
  image: true,
};
const [inTheWild, inKorean] = llavaInTheWild;
goldenTask({
  task: inTheWild,
  columns: {
    ...{ question_id: "string", question: "string", caption: "string", gpt_answer: "string", category: "string" },
    ...{ image_id: "string", image: "image" },
  },
  rows: [
    { question_id: "0", category: "conv", ...sign },
    { question_id: "1", category: "detail", ...sign },
    { question_id: "2", category: "complex", ...sign },
  ],
  answers: ["A bike", "A blue sign", "I do not know"],
  // The third judge never gives two numbers: unscored, though lmms-eval counts (-1, -1).
  verdicts: [["8 4\nGood."], ["Score: 9", "10 5\n"], ["Score: 9", "Score: 9", "Score: 9"]],
  main: { official: 50, "lmms-eval": 50 },
});
goldenTask({
  task: inKorean,
  columns: {
    ...{ question_id: "int64", question: "string", caption: "string", gpt_answer: "string", category: "string" },
    ...{ image_id: "string", image: "image" },
  },
  rows: [
    { ...sign, question_id: 0, category: "conv", question: "표지판에 무엇이 있나요?" },
    { ...sign, question_id: 1, category: "detail", question: "무슨 색인가요?" },
    { ...sign, question_id: 2, category: "complex", question: "왜 있나요?" },
  ],
  answers: ["자전거", "파란색", ""],
  // White space around the two numbers is nothing, two blanks between them are: asked again, and at last unscored.
  verdicts: [[" 8 4 \n좋습니다."], ["8  5", "10,5"], ["어시스턴트1_점수: 9", "8/10 9/10", "nan 9"]],
  main: { official: 50, "lmms-eval": 50 },
});
goldenTask({
  task: wilder,
  columns: { image: "image", Question: "string", Answer: "string", Category: "string" },
  rows: [
    { image: true, Question: "What could I cook?", Answer: "An omelette." },
    { image: true, Question: "Is it safe?", Answer: "No." },
  ],
  answers: ["Eggs", "Yes"],
  verdicts: [["10 7\nGood."], ["10,1"]],
  main: { official: 40, "lmms-eval": 40 },
});
goldenTask({
  task: mmvet,
  columns: {
    ...{ question_id: "string", image: "image", question: "string", answer: "string", image_source: "string" },
    ...{ capability: "string", added_in: "string" },
  },
  rows: [
    { question_id: "v1_0", image: true, question: "What is x?", answer: "-1<AND>-5", capability: "ocr,math" },
    { question_id: "v1_1", image: true, question: "Explain.", answer: "A cat<OR>A dog", capability: "rec,know,gen" },
    { question_id: "v1_2", image: true, question: "Where?", answer: "left", capability: "rec,spat" },
  ],
  answers: ["x = -1", "A cat.", "up"],
  verdicts: [["0.5"], ["1.0 because"], ["good", "fine", "well", "Score: 1"]],
  // The last judge gives no score: unscored, though lmms-eval counts 0.
  main: { official: 0.75, "lmms-eval": 0.75 },
});
const news = { question: "Which headlines agree?", answer: "1 and 3", criteria: "Both are needed.", images: 2 };
goldenTask({
  task: liveBench,
  columns: {
    ...{ id: "string", images: "images", question: "string", answer: "string", criteria: "string", subtask: "string" },
  },
  rows: [
    { id: "1", ...news, subtask: "Concrete Recognition" },
    { id: "2", ...news, subtask: "Further Insights" },
    { id: "3", ...news, subtask: "Analytical Questions" },
  ],
  // A rating as text counts; an empty answer is 0 without a judge.
  answers: ["1 and 3", "1", ""],
  verdicts: [
    ['```json\n{"Explanation": "right", "Rating": "10"}\n```'],
    ['{"Rating": 11}', '{"Explanation": "half", "Rating": 5}'],
    [],
  ],
  main: { official: 0.5, "lmms-eval": 0.5 },
});
