/** The same reply under every letter rule, and which scoring of which task asks, in which words, which judge, with how many lines of agreement: for docs. */

import type { Scoring } from "../../src/core/score.js";
import { judgeUnder, type Task } from "../../src/core/task.js";
import { taskScore } from "./task-score.js";

/** What models write; the question has the options cat, dog, horse and sheep, and B is right. */
export const replies = [
  ...["B", "b", "(B)", "B. dog", "**B**", "Answer: B", "The answer is B.", "The correct answer is (B) dog."],
  ...[
    "dog",
    "It is a dog.",
    "A dog is shown",
    "A cat or a dog",
    "I think B. It has fur and a long tail.",
    "\\boxed{B}",
  ],
  ...["<think>A?</think>B", "答案是B", "Based on the image, it is unclear."],
] as const;

const options = ["cat", "dog", "horse", "sheep"];
const columns = { A: "cat", B: "dog", C: "horse", D: "sheep" };
const choices = { choice_a: "cat", choice_b: "dog", choice_c: "horse", choice_d: "sheep" };
const listed = JSON.stringify(options);
const question = "Which animal is it?";

/** A row of each benchmark that reads letters, with the same question. */
const rows: Readonly<Record<string, object>> = {
  ai2d: { question, options, answer: "1" },
  blink: { question, choices: options, answer: "(B)" },
  mmbench_en: { index: 1, question, ...columns, answer: "B", category: "x" },
  mmmu: { question, options: listed, answer: "B", question_type: "multiple-choice" },
  mmmu_pro_standard: { question, options: listed, answer: "B" },
  mmstar: { question, ...columns, answer: "B" },
  mmt_bench: { index: 1, question, ...columns, answer: "B", category: "x", "l2-category": "y" },
  muirbench: { question, options, answer: "B", image_list: [] },
  realworldqa: { question: `${question}\nA. cat\nB. dog\nC. horse\nD. sheep`, answer: "B" },
  scienceqa_img: { question, choices: options, answer: 1 },
  seedbench: { question, ...choices, answer: "B", image: [] },
  seedbench_2: { question, ...choices, answer: "B", image: [] },
  vstar_bench: { text: `${question} (A) cat (B) dog (C) horse (D) sheep`, label: "B" },
};

/** What the task reads in a reply under a scoring: right, wrong, a letter that is drawn, or a question to the judge. */
function readIn(task: string, row: object, reply: string, scoring: Scoring): string {
  try {
    const { value, drawn } = taskScore(task, { image: [], ...row }, reply, { scoring });
    if (drawn) return "draw";
    const right = typeof value === "number" ? value : (value.pass ?? value.accuracy ?? 0);
    return right === 1 ? "right" : "wrong";
  } catch (error) {
    if (error instanceof RangeError) return "judge";
    throw error;
  }
}

export interface LetterRule {
  readonly name: string;
  readonly verdicts: readonly string[];
}

/** Rules that agree on every reply are one line. */
export function letterRules(): readonly LetterRule[] {
  const found = new Map<string, string[]>();
  for (const [task, row] of Object.entries(rows)) {
    for (const scoring of ["official", "lmms-eval", "vlmevalkit"] as const) {
      const key = replies.map((reply) => readIn(task, row, reply, scoring)).join("|");
      found.set(key, [...(found.get(key) ?? []), `${task} ${scoring}`]);
    }
  }
  return [...found].map(([key, names]) => ({ name: names.join(", "), verdicts: key.split("|") }));
}

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/** Replies down, rules across would not fit: a line for each reply that says under which rules it is not right. */
export function letterTable(): string {
  const rules = letterRules();
  const legend = rules.map(({ name }, i) => `| ${i + 1} | ${name} |`);
  const marks: Readonly<Record<string, string>> = { right: "B", wrong: "–", draw: "?", judge: "J" };
  const lines = replies.map(
    (reply, at) => `| ${code(reply)} | ${rules.map(({ verdicts }) => marks[verdicts[at] ?? ""]).join(" | ")} |`,
  );
  const numbers = rules.map((_, i) => String(i + 1));
  return [
    ...["| rule | who reads so |", "| --- | --- |", ...legend, ""],
    `| reply | ${numbers.join(" | ")} |`,
    `| --- |${" --- |".repeat(numbers.length)}`,
    ...lines,
  ].join("\n");
}

/** Lines of vectors by task and scoring, as they were counted. */
export type Agreement = ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;

/** A line for each scoring of each task. */
export function scoringTable(tasks: readonly Task[], agreement: Agreement): string {
  const lines = tasks.flatMap((task) =>
    (["official", "lmms-eval", ...(task.scorings ?? [])] as const).map((scoring) => {
      const judge = judgeUnder(task, scoring);
      const asks = judge === undefined ? "" : judge === task.fallbackJudge ? `${judge.model}, if named` : judge.model;
      const { passed = 0, failed = 0 } = agreement.get(`${task.name} ${scoring}`) ?? {};
      const counted =
        passed + failed === 0
          ? ""
          : `${passed.toLocaleString("en-US")} of ${(passed + failed).toLocaleString("en-US")}`;
      return `| ${code(task.name)} | ${scoring} | ${profileOf(task, scoring)} | ${asks} | ${counted} |`;
    }),
  );
  return ["| task | scoring | words | judge | lines that agree |", "| --- | --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}

/** The profile that is of the same house, else the task's first. */
function profileOf({ profiles = ["default"] }: Task, scoring: Scoring): string {
  return code(profiles.includes(scoring) ? scoring : (profiles[0] ?? "default"));
}
