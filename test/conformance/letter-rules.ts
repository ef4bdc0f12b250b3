/** The same reply under every letter rule, and which scoring of which task asks, in which words, which judge, with how many lines of agreement: for docs. */

import { reproduced, type Scoring } from "../../src/core/score.js";
import { judgeUnder, type Task } from "../../src/core/task.js";
import { taskNamed, taskScore } from "./task-score.js";

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
  ...["<think>A?</think>B", "<answer>B</answer>", "答案是B", "Based on the image, it is unclear.", ""],
] as const;

const options = ["cat", "dog", "horse", "sheep"];
const columns = { A: "cat", B: "dog", C: "horse", D: "sheep" };
const choices = { choice_a: "cat", choice_b: "dog", choice_c: "horse", choice_d: "sheep" };
const listed = JSON.stringify(options);
const bracketed = ["(A) cat", "(B) dog", "(C) horse", "(D) sheep", "(E) none of these"];
const question = "Which animal is it?";

/** A row of each benchmark that reads letters, with the same question. */
const rows: Readonly<Record<string, object>> = {
  "3dsrbench": { index: 1, question, ...columns, answer: "B", category: "height_higher" },
  ai2d: { question, options, answer: "1" },
  blink: { question, choices: options, answer: "(B)" },
  crpe_relation: { text: `${question}\nA. cat\nB. dog\nC. horse\nD. sheep`, correct_option: "B", category: "subject" },
  cv_bench: { choices: options, answer: "(B)", source: "COCO" },
  embspatial: { question, answer_options: options, answer: 1 },
  erqa: { question, images: [], answer: "B" },
  hrbench: { index: 1, question, ...columns, answer: "B", category: "single", cycle_category: "0" },
  mindcube: { input_prompt: question, images: [], gt_answer: "B" },
  mmbench_en: { index: 1, question, ...columns, answer: "B", category: "x" },
  mme_realworld: { question, "multi-choice options": bracketed, answer: "B", category: "x", "l2-category": "y" },
  mmmu: { question, options: listed, answer: "B", question_type: "multiple-choice" },
  mmmu_pro_standard: { question, options: listed, answer: "B" },
  mmsi_bench: { question, images: [], answer: "B" },
  mmstar: { question, ...columns, answer: "B" },
  mmt_bench: { index: 1, question, ...columns, answer: "B", category: "x", "l2-category": "y" },
  mmvp: { Index: 1, Question: question, Options: "(a) cat (b) dog", "Correct Answer": "(b)" }, // it has no more than two
  muirbench: { question, options, answer: "B", image_list: [] },
  omni_spatial: { question, options, answer: 1 },
  omnispatial: { question, options, gt: "B" },
  realworldqa: { question: `${question}\nA. cat\nB. dog\nC. horse\nD. sheep`, answer: "B" },
  scienceqa_img: { question, choices: options, answer: 1 },
  seedbench: { question, ...choices, answer: "B", image: [] },
  seedbench_2: { question, ...choices, answer: "B", image: [] },
  seedbench_2_plus: { question, choice_A: "cat", choice_B: "dog", choice_C: "horse", choice_D: "sheep", answer: "B" },
  visualpuzzles: { question, options, answer: "B" },
  visulogic: { question, label: "B" },
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
    for (const scoring of scoringsOf(taskNamed(task))) {
      const key = replies.map((reply) => readIn(task, row, reply, scoring)).join("|");
      found.set(key, [...(found.get(key) ?? []), `${task} ${scoring}`]);
    }
  }
  return [...found].map(([key, names]) => ({ name: names.join(", "), verdicts: key.split("|") }));
}

const cell = (text: string) => text.replaceAll("|", "\\|");
const code = (text: string) => (text === "" ? "(empty)" : `\`${cell(text)}\``);
const scoringsOf = ({ scorings = [] }: Task) => ["official", "lmms-eval", ...scorings] as const;

/** Wider tables are not read. */
const rulesAcross = 24;

/** A line for each reply, a column for each rule. */
export function letterTable(): string {
  const rules = letterRules();
  const legend = rules.map(({ name }, i) => `| ${i + 1} | ${name} |`);
  const tables = Array.from({ length: Math.ceil(rules.length / rulesAcross) }, (_, i) =>
    repliesUnder(rules, i * rulesAcross),
  );
  return [["| rule | who reads so |", "| --- | --- |", ...legend].join("\n"), ...tables].join("\n\n");
}

/** @param first  the position of the first of the rules that are shown */
function repliesUnder(rules: readonly LetterRule[], first: number): string {
  const marks: Readonly<Record<string, string>> = { right: "B", wrong: "–", draw: "?", judge: "J" };
  const across = rules.slice(first, first + rulesAcross);
  const numbers = across.map((_, i) => String(first + i + 1));
  const lines = replies.map(
    (reply, at) => `| ${code(reply)} | ${across.map(({ verdicts }) => marks[verdicts[at] ?? ""]).join(" | ")} |`,
  );
  return [`| reply | ${numbers.join(" | ")} |`, `| --- |${" --- |".repeat(numbers.length)}`, ...lines].join("\n");
}

/** Lines of vectors by task and scoring, as they were counted. */
export type Agreement = ReadonlyMap<string, { readonly passed: number; readonly failed: number }>;

/** A line for each scoring of each task. */
export function scoringTable(tasks: readonly Task[], agreement: Agreement): string {
  const letters = new Map(letterRules().flatMap(({ name }, i) => name.split(", ").map((of) => [of, i + 1] as const)));
  const lines = tasks.flatMap((task) =>
    scoringsOf(task).map((scoring) => {
      const judge = judgeUnder(task, scoring);
      const asks = judge === undefined ? "" : judge === task.fallbackJudge ? `${judge.model}, if named` : judge.model;
      const { passed = 0, failed = 0 } = agreement.get(`${task.name} ${scoring}`) ?? {};
      const counted =
        passed + failed === 0
          ? ""
          : `${passed.toLocaleString("en-US")} of ${(passed + failed).toLocaleString("en-US")}`;
      const known = (task.defects?.[scoring] ?? []).join("; ");
      const cells = [
        code(task.name),
        scoring,
        ruleOf(task, scoring, letters),
        profileOf(task, scoring),
        asks,
        counted,
        cell(known),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  const head = ["task", "scoring", "rule", "words", "judge", "lines that agree", "known defects"];
  return [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...lines].join("\n");
}

/** Whose code the rule follows, the benchmark's own as the task's `cite` names it behind the paper; of a letter rule its number in docs/letters.md. */
function ruleOf({ name, cite }: Task, scoring: Scoring, letters: ReadonlyMap<string, number>): string {
  const source = scoring === "official" ? (cite.split("; ").slice(1)[0] ?? "") : (reproduced[scoring] ?? "");
  const number = letters.get(`${name} ${scoring}`);
  return [cell(source), ...(number === undefined ? [] : [`[letters ${number}](letters.md)`])]
    .filter(Boolean)
    .join(", ");
}

/** The profile that is of the same house, else the task's first. */
function profileOf({ profiles = ["default"] }: Task, scoring: Scoring): string {
  return code(profiles.includes(scoring) ? scoring : (profiles[0] ?? "default"));
}
