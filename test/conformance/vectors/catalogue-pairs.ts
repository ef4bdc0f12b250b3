/** Vector files of the catalogue's benchmarks that ask of several images at once, or of what everybody knows. */

import { threeDsrLetter } from "../../../tasks/3dsrbench/score.js";
import { blindAnswer } from "../../../tasks/vlmsareblind/score.js";
import { isChangedBefore, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, type ScoredRow, vlmevalkit } from "./catalogue-metrics.js";

/** 1 = the first of the two words, 0 = the second, -1 = neither. */
function naturalWord(response: string, type: string): number {
  if (type !== "yes_no" && type !== "multiple_choice") throw new RangeError(`no question type ${type}`);
  const { answer } = taskScore("naturalbench", { Index: 0, Question_Type: type }, response);
  return answer === "" ? -1 : one(answer === "Yes" || answer === "A");
}

/** @param words in the rows' order: which word each answer was */
function naturalScores(words: readonly number[]) {
  const rows = words.map((word, index): ScoredRow & { id: string } => {
    const text = word === 1 ? "yes" : word === 0 ? "no" : "";
    const row = { Index: index, Question_Type: "yes_no" };
    return { row, id: String(index), value: taskValue("naturalbench", row, text) };
  });
  const of = (metric: string) => fold("naturalbench", metric, rows);
  return {
    ...{ Q_Acc: of("question_accuracy"), I_Acc: of("image_accuracy") },
    ...{ Acc: of("accuracy"), G_Acc: of("group_accuracy") },
  };
}

const naturalbench: VectorFile = {
  unsupported: {
    "lmms.naturalbench.process_results": "lmms-eval's names of its metrics, one of which gets no values",
  },
  functions: {
    "naturalbench.extract_answer": ({ response, type }: { response: string; type: string }) =>
      naturalWord(response, type),
    "naturalbench.get_scores": ({ groups }: { groups: number[][] }) => {
      if (groups.length === 0) throw new RangeError("no group");
      return naturalScores(groups.flat());
    },
    "lmms.naturalbench.aggregate": ({ scores }: { scores: string }) => {
      // A run with fewer rows says so; there it ends with an error.
      if (scores.length !== 7600) throw new RangeError("part of the split");
      const { Q_Acc, I_Acc, Acc, G_Acc } = naturalScores([...scores].map(Number));
      return { ...{ Q_ACC: Q_Acc, I_ACC: I_Acc }, ACC: Acc, G_ACC: G_Acc };
    },
  },
};

interface ThreeDsrRow {
  readonly index: number;
  readonly qid: string;
  readonly category: string;
  readonly gold: string;
  readonly response: string;
}

const threeDsrRows = (rows: readonly ThreeDsrRow[]) =>
  rows.map(({ gold, response, ...row }) => ({
    ...{ row: { ...row, answer: gold }, id: row.qid },
    value: taskValue("3dsrbench", { ...row, answer: gold }, response, lmms),
  }));

const threeDsrCategories = [
  ...["height_higher", "location_above", "location_closer_to_camera", "location_next_to", "orientation_in_front_of"],
  ...["orientation_on_the_left", "orientation_viewpoint", "multi_object_closer_to", "multi_object_facing"],
  ...["multi_object_viewpoint_towards_object", "multi_object_parallel", "multi_object_same_direction"],
];

const threeDsr: VectorFile = {
  functions: {
    "lmms.3dsrbench.extract_answer": ({ response }: { response: string }) => {
      if (isChangedBefore(response)) return threeDsrLetter(response) ?? null;
      const { answer } = taskScore("3dsrbench", { answer: "A" }, response, lmms);
      return answer === "" ? null : answer;
    },
    "lmms.3dsrbench.aggregate": ({ rows }: { rows: ThreeDsrRow[] }) => {
      const scored = threeDsrRows(rows);
      const each = foldEach("3dsrbench", "accuracy", scored, "kind");
      const of = (metric: string) => fold("3dsrbench", metric, scored) ?? 0;
      return {
        ...{ vanilla: of("accuracy"), flip: of("flip_accuracy"), circular: of("circular_accuracy") },
        flip_circular: of("flip_circular_accuracy"),
        ...{ height: each.height ?? 0, location: each.location ?? 0 },
        ...{ orientation: each.orientation ?? 0, multi_object: each.multi_object ?? 0 },
      };
    },
    "lmms.3dsrbench.detailed": ({ rows }: { rows: ThreeDsrRow[] }) => {
      const each = foldEach("3dsrbench", "accuracy", threeDsrRows(rows), "category");
      return Object.fromEntries(threeDsrCategories.map((category) => [category, each[category] ?? 0]));
    },
    "vek.3dsrbench.evaluate": ({ rows }: { rows: ThreeDsrRow[] }) => {
      const scored = threeDsrRows(rows);
      const of = (metric: string) => ({
        Overall: fold("3dsrbench", metric, scored),
        ...foldEach("3dsrbench", metric, scored, "category"),
      });
      return {
        ...{ vanilla: of("accuracy"), flip_eval: of("flip_accuracy"), circ_eval: of("circular_accuracy") },
        flip_circ_eval: of("flip_circular_accuracy"),
      };
    },
  },
};

interface BiasedDoc {
  readonly ground_truth: string;
  readonly expected_bias: string;
}

const biased: VectorFile = {
  functions: {
    vlms_are_biased: ({ doc, response }: { doc: BiasedDoc; response: string }) => {
      const value = taskScore("vlms_are_biased", doc, response).value as { accuracy: number; bias: number };
      return { correct: value.accuracy === 1, bias: value.bias === 1 };
    },
    "vlms_are_biased.aggregate": (input: { rows: { topic: string; is_correct: boolean; matches_bias: boolean }[] }) => {
      const rows = input.rows.map(({ topic, is_correct, matches_bias }) => ({
        row: { topic },
        value: { accuracy: one(is_correct), bias: one(matches_bias) },
      }));
      const of = (metric: string) => fold("vlms_are_biased", metric, rows) ?? 0;
      const acc = foldEach("vlms_are_biased", "accuracy", rows, "topic");
      const bias = foldEach("vlms_are_biased", "bias_ratio", rows, "topic");
      const overall = { overall_acc: of("accuracy"), macro_acc: of("macro_accuracy") };
      return {
        lmms_by_topic: { ...acc, overall: of("accuracy") },
        vek:
          rows.length === 0
            ? { ...overall, bias_ratio: 0 }
            : {
                ...{ ...overall, overall_bias_ratio: of("bias_ratio"), macro_bias_ratio: of("macro_bias_ratio") },
                ...{ bias, acc },
              },
      };
    },
  },
};

const blind: VectorFile = {
  unsupported: {
    "lmms.vlmsareblind.aggregate":
      "a defect mended in 0.7.3: a task without a right answer was left out of the mean of tasks",
  },
  functions: {
    vlmsareblind: ({ task, groundtruth, response }: { task: string; groundtruth: string; response: string }) => {
      const row = { task, groundtruth };
      return {
        lmms: isChangedBefore(response)
          ? blindAnswer(response, task) === groundtruth.trim().toLowerCase()
          : taskValue("vlmsareblind", row, response, lmms) === 1,
        vek: taskValue("vlmsareblind", row, response, vlmevalkit) === 1,
      };
    },
  },
};

export const cataloguePairVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/naturalbench": naturalbench,
  "catalogue/3dsrbench": threeDsr,
  "catalogue/vlms_are_biased": biased,
  "catalogue/vlmsareblind": blind,
};
