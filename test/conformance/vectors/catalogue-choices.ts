/** Vector files of the catalogue's multiple choice: every reference's function on one row, through the tasks. */

import type { Scoring } from "../../../src/core/score.js";
import { inferChoice } from "../../../src/text/infer-choice.js";
import { leadingLetter } from "../../../src/text/leading-letter.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import { robustChoice } from "../../../src/text/robust-choice.js";
import { cvBenchLetter } from "../../../tasks/cv_bench/score.js";
import { firstCharacter } from "../../../tasks/seedbench/score.js";
import { isChangedBefore, taskGroups, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, vlmevalkit } from "./catalogue-metrics.js";

const four = ["", "", "", ""];

interface CvRow {
  readonly answer: string;
  readonly gt_answer: string;
  readonly category: string;
  readonly options: readonly string[];
}

/** `compute_metrics` of the authors' scripts: accuracy, and that of each category. */
function cvMetrics(rows: readonly CvRow[], source: string): unknown {
  const values = rows.map(({ answer, gt_answer, options }) =>
    taskValue("cv_bench", { answer: gt_answer, choices: options, source }, answer),
  );
  const share = (kept: readonly number[]) => kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const of = (category: string) => values.filter((_, i) => rows[i]?.category === category);
  const categories = [...new Set(rows.map(({ category }) => category))];
  return {
    accuracy: share(values),
    total_count: rows.length,
    ...Object.fromEntries(categories.map((name) => [name, { accuracy: share(of(name)), total: of(name).length }])),
  };
}

interface CvResults {
  readonly results: readonly { readonly source: string; readonly is_correct: boolean }[];
}
const cvRows = ({ results }: CvResults) =>
  results.map(({ source, is_correct }) => ({ row: { source }, value: one(is_correct) }));

const cvBench: VectorFile = {
  functions: {
    "lmms.process_results": ({ prediction, answer }: { prediction: string; answer: string }) => {
      const pred_parsed = leadingLetter(prediction);
      const row = { answer, choices: four, source: "COCO" };
      if (isChangedBefore(prediction)) return { pred_parsed, is_correct: pred_parsed === answer.replace(/[()]/g, "") };
      return { pred_parsed, is_correct: taskValue("cv_bench", row, prediction, lmms) === 1 };
    },
    "vlmevalkit.can_infer": ({ answer, choices }: { answer: string; choices: Readonly<Record<string, string>> }) =>
      inferChoice(answer, choices, "vlmevalkit") ?? false,
    "official.extract_ade": ({ text }: { text: string }) => cvBenchLetter(text, "ADE20K"),
    "official.extract_coco": ({ text }: { text: string }) => cvBenchLetter(text, "COCO"),
    "official.extract_omni": ({ text }: { text: string }) => cvBenchLetter(text, "Omni3D"),
    "official.compute_metrics_ade": ({ rows }: { rows: CvRow[] }) => cvMetrics(rows, "ADE20K"),
    "official.compute_metrics_omni": ({ rows }: { rows: CvRow[] }) => cvMetrics(rows, "Omni3D"),
    "lmms.aggregate": (input: CvResults) => fold("cv_bench", "accuracy", cvRows(input)),
    "lmms.default_aggregate": (input: CvResults) => fold("cv_bench", "cv_bench", cvRows(input)),
    "vlmevalkit.report_accuracy_2d": ({ rows }: { rows: { source: string; hit: number }[] }) => {
      const hits = rows.map(({ source, hit }) => ({ row: { source }, value: hit }));
      const sources = [...new Set(rows.map(({ source }) => source))];
      const each = (source: string) => hits.filter(({ row }) => row.source === source);
      return {
        split: "2D",
        ...Object.fromEntries(sources.map((source) => [source, fold("cv_bench_2d", "accuracy", each(source))])),
        Overall: fold("cv_bench_2d", "average_of_sources", hits),
      };
    },
    "vlmevalkit.report_acc_3d": ({ rows }: { rows: { category: string; hit: number }[] }) => {
      const hits = rows.map(({ category, hit }) => ({ row: { task: category }, value: hit }));
      const each = (category: string) => hits.filter(({ row }) => row.task === category);
      return {
        split: "3D",
        ...Object.fromEntries(rows.map(({ category }) => [category, fold("cv_bench_3d", "accuracy", each(category))])),
        Overall: fold("cv_bench_3d", "accuracy", hits),
      };
    },
  },
};

const embspatial: VectorFile = {
  functions: {
    "lmms.process_results": ({ prediction, answer }: { prediction: string; answer: number }) => {
      const letter = leadingLetter(prediction);
      // Python counts -1 from the end; a run has no such row (`hasReference`), nor one without a position.
      if (answer === -1) return letter === "D";
      if (!(Number.isInteger(answer) && answer < 4)) throw new RangeError(`position ${answer}`);
      if (isChangedBefore(prediction)) return { letter, correct: letter === optionLetters(4)[answer] };
      return { letter, correct: taskValue("embspatial", { answer }, prediction, lmms) === 1 };
    },
    "lmms.aggregate": ({ results }: { results: { data_source: string; is_correct: boolean }[] }) => {
      const rows = results.map(({ data_source, is_correct }) => ({ row: { data_source }, value: one(is_correct) }));
      const of = (source: string) =>
        fold(
          "embspatial",
          "accuracy",
          rows.filter(({ row }) => row.data_source === source),
        ) ?? 0;
      return {
        acc: fold("embspatial", "accuracy", rows) ?? 0,
        ai2thor: of("ai2thor"),
        mp3d: of("mp3d"),
        scannet: of("scannet"),
      };
    },
  },
};

interface Categories {
  readonly predictions: readonly string[];
  readonly answers: readonly string[];
  readonly categories: readonly string[];
}

/** VLMEvalKit's table in percent: all rows, and each category. */
function erqaPercent({ predictions, answers, categories }: Categories): Readonly<Record<string, number>> {
  const rows = predictions.map((text, i) => ({
    row: { question_type: categories[i] ?? "" },
    value: taskValue("erqa", { answer: answers[i] ?? "" }, text, vlmevalkit),
  }));
  const each = Object.entries(foldEach("erqa", "accuracy", rows, "question_type"));
  const all = [["Overall", fold("erqa", "accuracy", rows)] as const, ...each];
  return Object.fromEntries(all.map(([name, value]) => [name, (value ?? 0) * 100]));
}

const erqa: VectorFile = {
  functions: {
    "vlmevalkit.exact": ({ prediction, answer }: { prediction: string; answer: string }) => {
      // A run takes an end-of-turn mark for the server's, not the answer's.
      if (/<\|endoftext\|>$/.test(prediction)) return { Overall: 0, Pointing: 0 };
      return erqaPercent({ predictions: [prediction], answers: [answer], categories: ["Pointing"] });
    },
    "vlmevalkit.evaluate": erqaPercent,
    "lmms.process_results": ({ prediction, answer }: { prediction: string; answer: string }) =>
      isChangedBefore(prediction)
        ? robustChoice(prediction, optionLetters(4)).letter === answer
        : taskValue("erqa", { answer }, prediction, lmms) === 1,
    "lmms.aggregate": ({ results }: { results: { sub_task: string; is_correct: boolean }[] }) =>
      fold(
        "erqa",
        "accuracy",
        results.map(({ sub_task, is_correct }) => ({ row: { question_type: sub_task }, value: one(is_correct) })),
      ) ?? 0,
  },
};

const seedbench2Plus: VectorFile = {
  functions: {
    "lmms.process_results": (input: { prediction: string; answer: string; question_image_type: string }) => {
      const pred = firstCharacter(input.prediction);
      const group = taskGroups("seedbench_2_plus", input).image_type ?? "";
      const key = `seedbench_2_plus_${group.charAt(0).toUpperCase()}${group.slice(1)}`;
      const correct = isChangedBefore(input.prediction)
        ? one(pred.toLowerCase() === input.answer.toLowerCase())
        : taskValue("seedbench_2_plus", input, input.prediction, lmms);
      return { key, pred, correct };
    },
    "lmms.aggregate": ({ results }: { results: { pred: string; answer: string; question_id: number }[] }) => {
      const rows = results.map((row) => ({
        row: { ...row, question_image_type: "chart" },
        value: taskValue("seedbench_2_plus", row, row.pred, lmms),
      }));
      return fold("seedbench_2_plus", "accuracy", rows) ?? 0;
    },
  },
};

interface Counted {
  readonly prediction: string;
  readonly number: number;
}
const counted =
  (task: string, scoring: Scoring) =>
  ({ prediction, number }: Counted) => {
    if (scoring === "lmms-eval" && isChangedBefore(prediction)) return taskValue(task, { number }, prediction);
    return taskValue(task, { number }, prediction, { scoring });
  };

const countbenchqa: VectorFile = {
  functions: {
    "vlmevalkit.accuracy": ({ predictions, answers }: { predictions: string[]; answers: number[] }) => {
      const rows = predictions.map((text, i) => {
        const row = { number: answers[i] ?? 0 };
        return { row, value: taskValue("countbenchqa", row, text, vlmevalkit) };
      });
      return (fold("countbenchqa", "accuracy", rows) ?? 0) * 100;
    },
    "lmms.process_results": counted("countbenchqa", "lmms-eval"),
    "lmms.countbench.process_results": counted("countbench", "lmms-eval"),
  },
};

const mcqEasi: VectorFile = {
  part: "VLMEvalKit's matcher of spatial benchmarks, which EmbSpatial, MMSI-Bench, MindCube and OmniSpatial are scored by",
  functions: {
    "vlmevalkit.can_match_option": ({ text }: { text: string }) => inferChoice(text, {}, "easi") ?? false,
    "vlmevalkit.compute_mcq_score": ({
      rows,
    }: {
      rows: { prediction: string; answer: string; category: string }[];
    }) => {
      // Both sides go through the matcher there; a gold without a letter equals a reply without one, which no row of ours is.
      const letters = (text: string) => inferChoice(text, {}, "easi") ?? false;
      const extracted = rows.map(({ prediction }) => letters(prediction));
      const hit = rows.map(({ answer }, i) => one(letters(answer) === extracted[i]));
      return { extracted, hit, overall: (hit.reduce((sum, value) => sum + value, 0) / hit.length) * 100 };
    },
  },
};

export const catalogueChoiceVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/cv_bench": cvBench,
  "catalogue/embspatial": embspatial,
  "catalogue/erqa": erqa,
  "catalogue/seedbench_2_plus": seedbench2Plus,
  "catalogue/countbenchqa": countbenchqa,
  "catalogue/mcq_easi": mcqEasi,
};
