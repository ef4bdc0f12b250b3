/** VLMEvalKit's multiple choice: `can_infer`, its judge's words, and whole data sets scored row by row through the tasks. */

import type { ImageRef } from "../../../src/core/image.js";
import type { Json } from "../../../src/core/json.js";
import type { Prompt } from "../../../src/core/prompt.js";
import type { Output } from "../../../src/core/runner.js";
import { judgeUnder } from "../../../src/core/task.js";
import { imagesAtMarks } from "../../../src/prompts/marked-images.js";
import { inferChoice, inferOptionVlmEvalKit, inferTextVlmEvalKit } from "../../../src/text/infer-choice.js";
import { isMissingCell } from "../../../src/text/missing-cells.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import { formatFloat } from "../../../src/text/python-numbers.js";
import { PythonFloat } from "../../../src/text/python-values.js";
import { imagesAtTags } from "../../../tasks/mmmu/images.js";
import { vlmEvalKitTail } from "../../../tasks/mmmu/score.js";
import { taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, vlmevalkit } from "./catalogue-metrics.js";

export type Cells = Readonly<Record<string, unknown>>;

const letters = optionLetters(9);
/** Python prints a whole number of a column with fractions as `4.0`. */
const printed = (cell: unknown): string => (cell instanceof PythonFloat ? formatFloat(cell.value) : String(cell));

const optionsOf = (row: Cells): string[] => {
  const cells = letters.map((letter) => row[letter]);
  const last = cells.findLastIndex((cell) => cell !== null && cell !== undefined);
  return cells.slice(0, last + 1).map((cell) => (cell === null || cell === undefined ? "" : printed(cell)));
};
/** With options that are texts, as all cells of a TSV are. */
const asTexts = (row: Cells): Cells => ({
  ...row,
  ...Object.fromEntries(optionsOf(row).map((option, i) => [letters[i] as string, option])),
});
const position = (letter: unknown) => letters.indexOf(String(letter));

/** A row of VLMEvalKit's TSV as a row of a task that has its options in a list. */
const listed = (row: Cells): Cells => ({
  question: row.question,
  options: optionsOf(row),
  answer: `${position(row.answer)}`,
});
const choiceColumns = (row: Cells): Cells => {
  const [a = "", b = "", c = "", d = ""] = optionsOf(row);
  return { question: row.question, ...{ choice_a: a, choice_b: b, choice_c: c, choice_d: d }, answer: row.answer };
};

export type TaskRow = readonly [task: string, row: (row: Cells) => Cells, options?: number];

/** Their data set to our task and its row. A row that has more options than the benchmark goes to AI2D: theirs is one function for all. */
export const datasets: Readonly<Record<string, TaskRow>> = {
  AI2D_TEST: ["ai2d", listed],
  BLINK: ["blink", (row) => ({ ...listed(row), choices: optionsOf(row), answer: `(${String(row.answer)})` })],
  CCBench: ["mmbench_cn", asTexts],
  MMBench_DEV_CN: ["mmbench_cn", asTexts],
  MMBench_DEV_EN: ["mmbench_en", asTexts],
  MMBench_DEV_EN_V11: ["mmbench_en", asTexts],
  MMMU_DEV_VAL: ["mmmu", (row) => mmmuRow(row)],
  MMMU_Pro_10c: ["mmmu_pro_standard", (row) => mmmuRow(row)],
  MMMU_Pro_10c_COT: ["mmmu_pro_standard_cot", (row) => mmmuRow(row)],
  MMMU_Pro_V: ["mmmu_pro_vision", (row) => mmmuRow(row)],
  MMStar: ["mmstar", asTexts, 4],
  "MMT-Bench_VAL": ["mmt_bench", asTexts],
  MUIRBench: ["muirbench", (row) => ({ ...listed(row), answer: row.answer })],
  RealWorldQA: ["realworldqa", (row) => ({ question: withLines(row), answer: row.answer }), 4],
  ScienceQA_TEST: ["scienceqa_img", (row) => ({ ...row, choices: optionsOf(row), answer: position(row.answer) })],
  SEEDBench2: ["seedbench_2", choiceColumns, 4],
  SEEDBench_IMG: ["seedbench", choiceColumns, 4],
  VStarBench: ["vstar_bench", (row) => ({ text: withMarks(row), label: row.answer }), 4],
};

const withLines = (row: Cells) =>
  [row.question, ...optionsOf(row).map((option, i) => `${letters[i]}. ${option}`)].join("\n");
const withMarks = (row: Cells) =>
  [row.question, ...optionsOf(row).map((option, i) => `(${letters[i]}) ${option}`)].join(" ");

function mmmuRow(row: Cells): Cells {
  const isOpen = optionsOf(row).length === 0;
  const options = JSON.stringify(optionsOf(row));
  return { question: row.question, options, answer: row.answer, question_type: isOpen ? "open" : "multiple-choice" };
}

/** The task and row that score a row, and the letters that it is asked about. */
function scorerOf(dataset: string, row: Cells): readonly [task: string, row: Cells] {
  const [name, of, most = letters.length] = datasets[dataset] as (typeof datasets)[string];
  const options = optionsOf(row);
  const gap = options.includes("") || options.some((option) => name === "vstar_bench" && /[()]/.test(option));
  const rest = { images: [], image_list: [], image: [] };
  if (options.length > most || (gap && most === 4)) return ["ai2d", { ...listed(row), ...rest }];
  return [name, { ...of(row), ...rest }];
}

const saying = (text: string): Output => ({
  ...{ text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] },
});

/** A reply after the other, then VLMEvalKit's message of a judge that is away. */
export class ScriptedJudge {
  calls = 0;

  constructor(private readonly replies: readonly string[]) {}

  next(): string {
    return this.replies[this.calls++] ?? "Failed to obtain answer via API. ";
  }
}

/** The judge's verdicts on an answer that the rules cannot read; none where it is not asked, or never gives one. */
export function verdictOn(
  task: string,
  row: Cells,
  text: string,
  judge: ScriptedJudge | undefined,
  before: readonly Json[] = [],
) {
  const verdicts = [...before];
  const ask = () =>
    judgeUnder(taskNamed(task), "vlmevalkit")?.ask(
      ...([row as Record<string, unknown>, saying(text), verdicts, "vlmevalkit"] as const),
    );
  const first = ask();
  for (let question = first; question !== undefined && judge !== undefined; question = ask()) {
    let verdict: Json | undefined;
    for (let left = question.attempts ?? 3; left > 0 && verdict === undefined; left--)
      verdict = question.parse(judge.next());
    if (verdict === undefined) return { asked: true, verdicts: [...before], question: first };
    verdicts.push(verdict);
  }
  return { asked: first !== undefined, verdicts, question: first };
}

const isRight = (value: unknown): boolean =>
  (typeof value === "number" ? value : (value as { pass: number }).pass) === 1;

interface EvaluateLine {
  readonly dataset: string;
  readonly rows: readonly Cells[];
  readonly judge: readonly string[] | null;
  readonly env?: { readonly PRINT_VANILLA?: string };
}

/** pandas gives "nan" for what it takes as missing. */
export const predictionOf = (row: Cells): string => {
  const text = String(row.prediction ?? "");
  return isMissingCell(text) ? "nan" : text;
};

function scoreRow(dataset: string, row: Cells, judge: ScriptedJudge | undefined) {
  const [task, ours] = scorerOf(dataset, row);
  const text = predictionOf(row);
  const { asked, verdicts } = verdictOn(task, ours, text, judge);
  const { value, data } = taskScore(task, ours, text, { ...vlmevalkit, verdicts });
  return { task, row: ours, value, ...(data === undefined ? {} : { data }), asked, right: isRight(value) };
}

function vanilla({ dataset, rows, judge: replies }: EvaluateLine) {
  const judge = replies === null ? undefined : new ScriptedJudge(replies);
  const inOrder = [...rows].sort((a, b) => Number(a.index) - Number(b.index));
  const scored = inOrder.map((row) => ({ ...scoreRow(dataset, row, judge), source: row }));
  return {
    hits: Object.fromEntries(scored.map(({ source, right }) => [String(source.index), right ? 1 : 0])),
    overall: bySplit(scored, (part) => part.reduce((sum, { right }) => sum + (right ? 1 : 0), 0) / part.length),
  };
}

function bySplit<Item extends { readonly source: Cells }>(
  items: readonly Item[],
  of: (part: readonly Item[]) => unknown,
) {
  const splits = [...new Set(items.map(({ source }) => String(source.split ?? "none")))];
  return Object.fromEntries(
    splits.map((split) => [split, of(items.filter(({ source }) => String(source.split ?? "none") === split))]),
  );
}

/** Passes of one question; whoever is right in all of them. The judge hears of a question only while nothing is wrong. */
function circular({ dataset, rows, judge: replies, env }: EvaluateLine) {
  const judge = replies === null ? undefined : new ScriptedJudge(replies);
  const groups = new Map<number, Cells[]>();
  for (const row of [...rows].sort((a, b) => Number(a.index) - Number(b.index))) {
    const group = Number(row.index) % 1_000_000;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const mains = [...groups].flatMap(([group, passes]) => {
    const source = passes.find(({ index }) => Number(index) === group);
    return source === undefined ? [] : [{ group, source, passes }];
  });
  const scored = mains.map(({ group, source, passes }) => {
    const read = passes.map((row) => scoreRow(dataset, row, undefined));
    let isWrong = read.some(({ asked, right }) => !asked && !right);
    const final = passes.map((row, i) => {
      const before = read[i] as (typeof read)[number];
      if (!before.asked || isWrong || judge === undefined) return before;
      const after = scoreRow(dataset, row, judge);
      isWrong = !after.right;
      return after;
    });
    return { group, source, final };
  });
  const samples = (part: typeof scored) =>
    part.flatMap(({ group, final }) =>
      final.map(({ row, value, data }) => ({
        row,
        value,
        ...(data === undefined ? {} : { data }),
        cluster: String(group),
      })),
    );
  const name = datasets[dataset]?.[0] ?? "";
  return {
    hits: Object.fromEntries(
      scored.map(({ group, final }) => [String(group), final.every(({ right }) => right) ? 1 : 0]),
    ),
    overall: bySplit(scored, (part) => fold(name, "circular_accuracy", samples([...part]))),
    ...(env?.PRINT_VANILLA
      ? {
          first: bySplit(scored, (part) => fold(name, "vanilla_accuracy", samples([...part]))),
          all: bySplit(scored, (part) => fold(name, "pass_accuracy", samples([...part]))),
        }
      : {}),
  };
}

interface Report {
  readonly rows: Readonly<Record<string, { readonly Overall: number }>>;
}
interface TableOf {
  readonly hits: unknown;
  readonly table?: Report;
  /** With PRINT_VANILLA: first passes, all passes, and the circular rule. */
  readonly acc_all?: Report;
}

const overallOf = ({ rows }: Report, prefix: string) =>
  Object.fromEntries(
    Object.entries(rows)
      .filter(([split]) => split.startsWith(prefix))
      .map(([split, row]) => [split.slice(prefix.length), row.Overall] as const),
  );

/** Of its report the hits and each split's overall number: sub-scores are the same mean of fewer hits. */
function hitsAndOverall(expected: unknown, fn: string): unknown {
  if (fn !== "evaluate") return expected;
  const { hits, table, acc_all: vanillas } = expected as TableOf;
  if (table === undefined) return { hits };
  // PRINT_VANILLA adds rows, and a name in front.
  const overall = Object.entries(table.rows)
    .filter(([split]) => split !== "ALL" && !split.startsWith("vanilla_"))
    .map(([split, row]) => [split.replace(/^circular_/, ""), row.Overall] as const);
  return {
    ...{ hits, overall: Object.fromEntries(overall) },
    ...(vanillas ? { first: overallOf(vanillas, "vanilla_0_"), all: overallOf(vanillas, "vanilla_all_") } : {}),
  };
}

const evaluate = (line: EvaluateLine) => (/mmbench|ccbench/i.test(line.dataset) ? circular(line) : vanilla(line));

const mcqInfer: VectorFile = {
  part: "VLMEvalKit's `can_infer`, which every multiple-choice task asks",
  setAside: ({ env }: { env: { VERBOSE?: string } }) =>
    env.VERBOSE === undefined ? undefined : "VERBOSE changes the rule there: it is no switch here",
  functions: {
    can_infer({ answer, choices: given }: { answer: string; choices: Readonly<Record<string, unknown>> }) {
      const choices = Object.fromEntries(Object.entries(given).map(([letter, option]) => [letter, printed(option)]));
      return {
        option: inferOptionVlmEvalKit(answer, choices) ?? false,
        text: inferTextVlmEvalKit(answer, choices) ?? false,
        infer: inferChoice(answer, choices, "vlmevalkit") ?? false,
      };
    },
  },
};

interface JudgeLine {
  readonly item: Cells;
  readonly dataset: string;
  readonly judge: readonly string[] | null;
}
interface JudgeResult {
  readonly opt?: string;
  readonly result?: { readonly opt: unknown };
  readonly prompt?: string | null;
  readonly calls?: number;
}

const mcqJudge: VectorFile = {
  setAside: ({ item, dataset, judge }: JudgeLine) => {
    const [task, row] = scorerOf(dataset, item);
    if (judge === null) return undefined;
    const { asked, question } = verdictOn(task, row, String(item.prediction), undefined);
    if (!asked || question === undefined) return undefined;
    const options = Object.fromEntries(optionsOf(item).map((option, i) => [letters[i] as string, option]));
    const isLoose = judge
      .slice(0, 3)
      .some((reply) => question.parse(reply) === undefined && inferChoice(reply, options, "vlmevalkit") !== undefined);
    return isLoose
      ? "a reply in which the rules find a letter, and that has not the form asked for: it is asked again here"
      : undefined;
  },
  // A letter that is drawn there is no verdict here.
  reference(expected) {
    const { opt, result, prompt } = expected as JudgeResult;
    if (result === undefined) return { letter: opt };
    const letter = typeof result.opt === "string" ? result.opt : null;
    return { letter, ...(prompt ? { prompt } : {}) };
  },
  functions: {
    extract_answer_from_item({ item, dataset, judge }: JudgeLine) {
      const [task, row] = scorerOf(dataset, item);
      const text = String(item.prediction);
      const scripted = judge === null ? undefined : new ScriptedJudge(judge);
      const { asked, verdicts, question } = verdictOn(task, row, text, scripted);
      if (asked && judge !== null && verdicts.length === 0) return { letter: null, ...promptOf(question) };
      const { answer } = taskScore(task, row, text, { ...vlmevalkit, verdicts });
      return { letter: answer.replace(/[()]/g, "") || "Z", ...(asked && judge !== null ? promptOf(question) : {}) };
    },
  },
};

function promptOf(question: ReturnType<typeof verdictOn>["question"]): { prompt?: string } {
  const part = question?.prompt.messages[0]?.parts[0];
  return part?.type === "text" ? { prompt: part.text } : {};
}

const mcqEval: VectorFile = {
  setAside({ dataset, rows }: EvaluateLine) {
    if (dataset === "BLINK_circular") return "no task has BLINK's questions in passes";
    const subtasks = new Set(rows.map((row) => row["l2-category"])).size;
    return dataset === "MMT-Bench_VAL" && subtasks < 32 ? "a part of MMT-Bench, which it cannot report" : undefined;
  },
  reference: hitsAndOverall,
  functions: { evaluate },
};

type Messages = readonly { readonly type: string; readonly value: string }[];
const wordsIn = (messages: Messages) => messages.find(({ type }) => type === "text")?.value ?? "";
const imagesIn = (messages: Messages): ImageRef[] =>
  messages
    .filter(({ type }) => type === "image")
    .map(({ value }) => ({ path: value, bytes: () => Promise.reject(new Error("nothing is read here")) }));
const itemsOf = ({ messages }: Prompt) =>
  (messages[0]?.parts ?? [])
    .map((part) =>
      part.type === "text" ? part : { type: "image", value: part.type === "image" ? part.image.path : "" },
    )
    .map((item) => ("text" in item ? { type: "text", value: item.text } : item));

const mmmu: VectorFile = {
  setAside({ messages }: { messages: Messages }, fn) {
    if (fn !== "MMMUDataset.split_MMMU") return undefined;
    const count = imagesIn(messages).length;
    const tags = [...wordsIn(messages).matchAll(/<image([^>]*)>/g)].map(([, number = ""]) => number);
    const isKnown = (number: string) => /^ \d$/.test(number) && Number(number) >= 1 && Number(number) <= count;
    return tags.every(isKnown) ? undefined : "a tag that names no image of the row, at which it fails";
  },
  // An empty text is nothing.
  reference(expected, fn) {
    if (!fn.includes("split_")) return hitsAndOverall(expected, fn);
    return (expected as Messages).filter(({ type, value }) => type !== "text" || value !== "");
  },
  functions: {
    "MMMUDataset.split_MMMU": ({ messages }: { messages: Messages }) =>
      itemsOf(imagesAtTags(imagesIn(messages), wordsIn(messages))),
    "MUIRDataset.split_MUIR"({ messages }: { messages: Messages }) {
      const words = wordsIn(messages);
      return itemsOf(imagesAtMarks(imagesIn(messages).slice(0, words.split("<image>").length - 1), words));
    },
    "MMMUProDataset.cot_postproc": ({ response }: { response: string }) => vlmEvalKitTail(response),
    evaluate: vanilla,
  },
};

export const vlmEvalKitChoiceVectors: Readonly<Record<string, VectorFile>> = {
  "vlmevalkit/mcq_infer": mcqInfer,
  "vlmevalkit/mcq_judge": mcqJudge,
  "vlmevalkit/mcq_eval": mcqEval,
  "vlmevalkit/mmmu": mmmu,
};
