/** MMStar, MMBench and SEED-Bench in other languages or other rows, as lmms-eval asks them. */

import mmbenchTasks from "../../tasks/mmbench/task.js";
import mmstarTasks from "../../tasks/mmstar/task.js";
import seedbenchKo from "../../tasks/seedbench/ko-task.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const named = <Task extends { readonly name: string }>(tasks: readonly Task[], name: string): Task | undefined =>
  tasks.find((task) => task.name === name);

const mmstarColumns: Record<string, ColumnType> = {
  ...{
    index: "int64",
    question: "string",
    image: "image",
    answer: "string",
    category: "string",
    l2_category: "string",
  },
};
const star = { image: true, category: "math", l2_category: "geometry" };

goldenTask({
  task: named(mmstarTasks, "mmstar_ko"),
  columns: mmstarColumns,
  rows: [
    { index: 0, question: "몇 개입니까?\nOptions: A: 하나, B: 둘, C: 셋, D: 넷", answer: "B", ...star },
    { index: 1, question: "무슨 색입니까?\nOptions: A: 빨강, B: 파랑, C: 초록, D: 노랑", answer: "A", ...star },
  ],
  answers: ["정답은 B 입니다", "파랑"],
  main: { official: 1 / 2, "lmms-eval": 1 / 2, vlmevalkit: 1 / 2 },
});

goldenTask({
  task: named(mmstarTasks, "mmstar_oc"),
  columns: { ...mmstarColumns, A: "string", B: "string", C: "string", D: "string" },
  rows: [
    {
      index: 0,
      question: "<image 1>How many?",
      ...{ A: "one", B: "two", C: "three", D: "four" },
      answer: "B",
      ...star,
    },
  ],
  answers: ["B. two"],
  main: { official: 1, "lmms-eval": 1 },
});

goldenTask({
  task: seedbenchKo,
  columns: {
    ...{ question_id: "string", question: "string", answer: "string", image: "image", data_type: "string" },
    ...{ choice_a: "string", choice_b: "string", choice_c: "string", choice_d: "string" },
  },
  rows: [
    {
      ...{ question_id: "7", question: "버스는 무슨 색인가요?", answer: "A", image: true, data_type: "image" },
      ...{ choice_a: "빨강", choice_b: "파랑", choice_c: "초록", choice_d: "노랑" },
    },
  ],
  answers: ["A. 빨강"],
  main: { official: 1, "lmms-eval": 1, vlmevalkit: 1 },
});

const mmbenchColumns: Record<string, ColumnType> = {
  ...{ index: "int64", question: "string", hint: "string", answer: "string", A: "string", B: "string", C: "string" },
  ...{ D: "string", category: "string", "l2-category": "string", source: "string", split: "string", image: "image" },
};
const bench = { category: "c", "l2-category": "l", source: "s", split: "dev", image: true };

for (const [name, yes] of [
  ["mmbench_ko_judged", "네"],
  ["mmbench_ru_judged", "да"],
] as const)
  goldenTask({
    task: named(mmbenchTasks, name),
    columns: mmbenchColumns,
    rows: [
      { index: 0, question: "?", hint: null, answer: "A", A: yes, B: "x", C: null, D: null, ...bench },
      { index: 1, question: "!", hint: "h", answer: "B", A: yes, B: "x", C: null, D: null, ...bench },
    ],
    answers: ["A", "I cannot say"],
    verdicts: [[], ["B"]],
    main: { official: 1, "lmms-eval": 1, ...(name === "mmbench_ko_judged" ? { vlmevalkit: 1 } : {}) },
  });
