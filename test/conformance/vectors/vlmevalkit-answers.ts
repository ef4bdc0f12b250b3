/** VLMEvalKit's yes/no questions, short answers and OCRBench, through the tasks. */

import { isTextList, parseStringList } from "../../../src/core/python-literal.js";
import { type Size, sentSize } from "../../../src/images/sent-size.js";
import { anls } from "../../../src/scorers/anls.js";
import { inferChoice } from "../../../src/text/infer-choice.js";
import { readBack } from "../../../src/text/pandas-file.js";
import { removePunctuation } from "../../../src/text/punctuation.js";
import { readingOf } from "../../../src/text/visible-answer.js";
import { relaxedCorrect } from "../../../tasks/chartqa/score.js";
import { processDigitArticle, vlmEvalKitNormalize } from "../../../tasks/vqa/normalize.js";
import { taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, type ScoredRow, vlmevalkit } from "./catalogue-metrics.js";
import { type Cells, predictionOf, ScriptedJudge, verdictOn } from "./vlmevalkit-choices.js";

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
const percent = (share: number | null): number => (share === null ? Number.NaN : 100 * share);

interface EvaluateLine {
  readonly dataset: string;
  readonly rows: readonly Cells[];
  readonly judge?: readonly string[] | null;
}

/** Rows as the yes/no tasks have them. */
const yesNoRows: Readonly<Record<string, readonly [task: string, row: (row: Cells) => Cells]>> = {
  POPE: ["pope", (row) => row],
  MME: ["mme", (row) => ({ ...row, question_id: row.image_path })],
  HallusionBench: [
    "hallusion_bench_image",
    (row) => {
      const parts = String(row.index).split("_");
      const [set = "", figure = "", question = ""] = parts.slice(-3);
      return {
        ...{ question: row.question, category: row.category, subcategory: row["l2-category"] },
        ...{ gt_answer: row.answer === "Yes" ? "1" : "0", set_id: set, figure_id: figure, question_id: question },
      };
    },
  ],
};

function evaluateYesNo({ dataset, rows, judge: replies }: EvaluateLine) {
  const [task, of] = yesNoRows[dataset] as readonly [string, (row: Cells) => Cells];
  const judge = replies ? new ScriptedJudge(replies) : undefined;
  const scored = rows.map((source) => {
    const row = of(source);
    const text = predictionOf(source);
    const { verdicts } = verdictOn(task, row, text, judge);
    const { value, data, answer } = taskScore(task, row, text, { ...vlmevalkit, verdicts });
    const said = ["yes", "no"].includes(answer) ? capital(answer) : "Unknown";
    return { source, row, value, said, ...(data === undefined ? {} : { data }) };
  });
  return {
    extracted: Object.fromEntries(scored.map(({ source, said }) => [String(source.index), said])),
    table: { rows: tables[dataset]?.(scored) },
  };
}

type YesNoRow = ScoredRow & { readonly source: Cells };

const tables: Readonly<Record<string, (rows: readonly YesNoRow[]) => unknown>> = {
  POPE(rows) {
    // A row of several categories counts in each, and as often overall.
    const exploded = rows.flatMap((one) =>
      String(one.source.category)
        .split(",")
        .map((category) => ({ ...one, row: { ...one.row, category } })),
    );
    const line = (part: readonly ScoredRow[]) => ({
      Overall: percent(fold("pope", "f1", part, "vlmevalkit")),
      acc: percent(fold("pope", "accuracy", part, "vlmevalkit")),
      precision: percent(fold("pope", "precision", part, "vlmevalkit")),
      recall: percent(fold("pope", "recall", part, "vlmevalkit")),
    });
    const categories = [...new Set(exploded.map(({ row }) => (row as { category: string }).category))];
    const of = (name: string) => exploded.filter(({ row }) => (row as { category: string }).category === name);
    return { Overall: line(exploded), ...Object.fromEntries(categories.map((name) => [name, line(of(name))])) };
  },
  MME(rows) {
    const questions = rows.map((one) => ({ ...one, cluster: String(one.source.image_path) }));
    return [
      {
        perception: fold("mme", "mme_perception_score", questions),
        reasoning: fold("mme", "mme_cognition_score", questions),
        ...foldEach("mme", "mme_score", questions, "category"),
      },
    ];
  },
  HallusionBench(rows) {
    const asked = rows.map((one) => ({ ...one, id: hallusionId(one.row as Cells) }));
    const line = (part: readonly ScoredRow[]) =>
      Object.fromEntries(
        ["aAcc", "fAcc", "qAcc"].map((name) => [name, fold("hallusion_bench_image", name, part, "vlmevalkit")]),
      );
    const by = (column: string) =>
      [...new Set(asked.map(({ source }) => String(source[column])))].map((name) => [
        name,
        line(asked.filter(({ source }) => source[column] === name)),
      ]);
    return { Overall: line(asked), ...Object.fromEntries([...by("category"), ...by("l2-category")]) };
  },
};

const hallusionId = (row: Cells) =>
  [row.category, row.subcategory, row.set_id, row.figure_id, row.question_id].join("_");

/** Every category, and two questions about each image. */
function isWholeMme(rows: readonly Cells[]): boolean {
  const counts = new Map<unknown, number>();
  for (const { image_path: path } of rows) counts.set(path, (counts.get(path) ?? 0) + 1);
  return new Set(rows.map(({ category }) => category)).size === 14 && [...counts.values()].every((count) => count >= 2);
}

const yesNo: VectorFile = {
  setAside({ dataset, rows = [], line, judge }: Partial<EvaluateLine> & { line?: Cells }, fn) {
    if (dataset === "AMBER") return "no task of this benchmark is here";
    if (dataset === "MME" && !isWholeMme(rows)) return "a part of MME, at which it fails: here it is a partial result";
    if (fn !== "YOrN_auxeval" || !line) return undefined;
    const { question } = verdictOn("pope", { question: line.question }, String(line.prediction), undefined);
    const isLoose = judge?.some(
      (reply) => inferChoice(reply, {}, "yes-no") !== undefined && question?.parse(reply) === undefined,
    );
    return isLoose ? "a reply that only mentions one of the words: it is asked again here" : undefined;
  },
  reference(expected, fn) {
    if (fn === "YOrN_auxeval") {
      const { result, prompt } = expected as { result: string; prompt: string | null };
      return { result, ...(prompt ? { prompt } : {}) };
    }
    if (fn !== "evaluate") return expected;
    const { extracted, table } = expected as { extracted: unknown; table?: { rows: unknown } };
    return table === undefined ? expected : { extracted, table: { rows: table.rows } };
  },
  functions: {
    YOrN_Extraction: ({ output }: { output: string }) => capital(inferChoice(output, {}, "yes-no") ?? "unknown"),
    YOrN_auxeval({ line, judge }: { line: Cells; judge: readonly string[] }) {
      const text = String(line.prediction);
      const { verdicts, question, asked } = verdictOn(
        "pope",
        { question: line.question },
        text,
        new ScriptedJudge(judge),
      );
      const part = question?.prompt.messages[0]?.parts[0];
      const said = asked ? String(verdicts.at(-1) ?? "unknown") : (inferChoice(text, {}, "yes-no") ?? "unknown");
      return { result: capital(said), ...(asked && part?.type === "text" ? { prompt: part.text } : {}) };
    },
    evaluate: evaluateYesNo,
  },
};

const vqaText: VectorFile = {
  part: "the steps and rules of VLMEvalKit's short answers",
  functions: {
    normalise: ({ text }: { text: string }) => ({
      process_punctuation: removePunctuation(text, "VLMEvalKit"),
      process_digit_article: processDigitArticle(text),
      process_answer: vlmEvalKitNormalize(text),
    }),
    relaxed_correctness: ({ target, prediction }: { target: string; prediction: string }) =>
      relaxedCorrect(prediction, target),
    anls_compute: ({ groundtruth, prediction }: { groundtruth: string; prediction: string }) =>
      1 - (anls([groundtruth], prediction, 0) ?? Number.NaN),
  },
};

/** By the data set's method: our task, and its row. */
const byMethod: Readonly<
  Record<string, readonly [task: string, row: (answers: readonly string[], answer: string) => Cells]>
> = {
  vqa_score: ["textvqa", (answers) => ({ answers })],
  anls: ["docvqa", (answers) => ({ answers })],
  relaxed_accuracy: ["chartqa", (_, answer) => ({ answer })],
  accuracy: ["gqa", (_, answer) => ({ answer })],
};
const byDataset: Readonly<Record<string, string>> = {
  ...{ TextVQA_VAL: "vqa_score", VizWiz: "vqa_score", DocVQA_VAL: "anls", InfoVQA_VAL: "anls" },
  ...{ ChartQA_TEST: "relaxed_accuracy", GQA_TestDev_Balanced: "accuracy" },
};
const datasetOf: Readonly<Record<string, string>> = {
  ...{ vqa_score: "TextVQA_VAL", anls: "DocVQA_VAL", relaxed_accuracy: "ChartQA_TEST" },
  ...{ accuracy: "GQA_TestDev_Balanced" },
};
const taskOf: Readonly<Record<string, string>> = { VizWiz: "vizwiz_vqa", InfoVQA_VAL: "infovqa" };

const answersOf = (cell: string): readonly string[] =>
  cell.startsWith("[") && isTextList(cell) ? parseStringList(cell) : [cell];

interface ProcessLine {
  readonly answer: string;
  readonly prediction: string;
  readonly method: string;
}

const vqa: VectorFile = {
  setAside({ method, dataset, rows = [] }: Partial<ProcessLine & EvaluateLine>) {
    if (dataset === "MTVQA_TEST" && rows.every((row) => /^[\d.]+$/.test(String(row.answer))))
      return "references that are all numbers, which its file gives back as others";
    if (method === "other") return "the rule of no benchmark that is here";
    return dataset?.startsWith("OCRVQA") ? "no task of this benchmark is here" : undefined;
  },
  reference(expected, fn, { method }: ProcessLine) {
    if (fn === "evaluate") {
      const { table } = expected as { table: { rows?: readonly { Overall: number }[]; Average?: number } };
      return table.Average ?? table.rows?.[0]?.Overall;
    }
    const hit = (expected as { hit: Readonly<Record<string, number | boolean>> }).hit[datasetOf[method] ?? ""];
    return Number(hit);
  },
  functions: {
    process_line: ({ answer, prediction, method }: ProcessLine) => {
      const [task, row] = byMethod[method] as (typeof byMethod)[string];
      return taskValue(task, row(answersOf(answer), answer), prediction, vlmevalkit);
    },
    evaluate({ dataset, rows }: EvaluateLine) {
      const [name, of] =
        dataset === "MTVQA_TEST"
          ? (["mtvqa", (_: readonly string[], answer: string): Cells => ({ pair: { answer } })] as const)
          : (byMethod[byDataset[dataset] ?? ""] as (typeof byMethod)[string]);
      const task = taskOf[dataset] ?? name;
      const values = rows.map((row) => {
        const answer = String(row.answer ?? row.answers);
        return taskValue(task, of(answersOf(answer), answer), predictionOf(row), vlmevalkit);
      });
      return (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
    },
  },
};

const ocrbench: VectorFile = {
  functions: {
    "OCRBench.evaluate"({ rows }: { rows: readonly Cells[] }) {
      const right = rows.map((row) => ({
        category: String(row.category),
        hit: taskValue(
          "ocrbench",
          { answer: answersOf(String(row.answer)), dataset: "", question_type: row.category },
          predictionOf(row),
          vlmevalkit,
        ),
      }));
      const of = (...names: string[]) =>
        right.filter(({ category }) => names.includes(category)).reduce((sum, { hit }) => sum + hit, 0);
      const recognition = [
        ...["Regular Text Recognition", "Irregular Text Recognition", "Artistic Text Recognition"],
        ...["Handwriting Recognition", "Digit String Recognition", "Non-Semantic Text Recognition"],
      ];
      const others = [
        ...["Scene Text-centric VQA", "Doc-oriented VQA", "Key Information Extraction"],
        "Handwritten Mathematical Expression Recognition",
      ];
      const final = of(...recognition, ...others);
      return {
        "Text Recognition": of(...recognition),
        ...Object.fromEntries(others.map((name) => [name, of(name)])),
        ...{ "Final Score": final, "Final Score Norm": final / 10 },
      };
    },
  },
};

interface ThinkingLine {
  readonly response: string;
  readonly env: { readonly SPLIT_THINK?: string };
}

const thinking: VectorFile = {
  part: "what of an answer is scored where thoughts are taken out under VLMEvalKit's scoring",
  // The thoughts themselves are nowhere shown.
  reference: (expected) => (expected as { prediction: string }).prediction,
  functions: {
    infer_data_job: ({ response, env }: ThinkingLine) =>
      readingOf("vlmevalkit", env.SPLIT_THINK ? ["think"] : undefined).visible(response),
  },
};

interface FileLine {
  readonly format: "xlsx" | "tsv" | "json";
  readonly prediction: string | null;
  readonly repeat?: readonly [character: string, times: number];
}

const roundtrip: VectorFile = {
  part: "what its files give back of a text, for `explain`",
  functions: {
    dump_load({ format, prediction, repeat }: FileLine) {
      const text = readBack(prediction ?? repeat?.[0].repeat(repeat[1]) ?? "", format);
      return { rows: 2, ...(repeat ? { str_length: text.length } : { str: text }) };
    },
  },
};

interface SentImage {
  readonly size: Size;
  /** -1: whole. */
  readonly target_size: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Its API models enlarge an image to this, if nothing else is said. */
const usualEdge = 100;

const image: VectorFile = {
  part: "the size in which an image is sent (images.minSide and maxSide of a model's file)",
  setAside: ({ env }: SentImage) =>
    env.VLMEVAL_MAX_IMAGE_SIZE === undefined
      ? undefined
      : "shrinks until the text of its encoder's bytes is short enough: images.maxBytes is a limit of ours",
  // Its JPEGs keep grey and CMYK; ours have Pillow's RGB of them.
  reference: (expected) => (expected as { size: Size }).size,
  functions: {
    encode_image_to_base64: ({ size, target_size, env }: SentImage) =>
      sentSize(size, {
        ...(target_size > 0 ? { maxSide: target_size } : {}),
        minSide: Number(env.VLMEVAL_MIN_IMAGE_EDGE ?? usualEdge),
      }),
  },
};

export const vlmEvalKitAnswerVectors: Readonly<Record<string, VectorFile>> = {
  "vlmevalkit/yorn": yesNo,
  "vlmevalkit/vqa_text": vqaText,
  "vlmevalkit/vqa": vqa,
  "vlmevalkit/ocrbench": ocrbench,
  "vlmevalkit/thinking": thinking,
  "vlmevalkit/roundtrip": roundtrip,
  "vlmevalkit/image": image,
};
