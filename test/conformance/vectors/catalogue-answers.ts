/** Vector files of the catalogue's short answers. */

import { parseListCell } from "../../../src/core/python-literal.js";
import { pythonStr } from "../../../src/text/python-values.js";
import { pairsOf } from "../../../tasks/mtvqa/pairs.js";
import { mtvqaCorrect } from "../../../tasks/mtvqa/score.js";
import { zeroBenchEqual } from "../../../tasks/zerobench/score.js";
import { isChangedBefore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, vlmevalkit } from "./catalogue-metrics.js";

const pixmoCount: VectorFile = {
  functions: {
    "lmms.process_results": ({ prediction, answer }: { prediction: string; answer: string }) =>
      isChangedBefore(prediction)
        ? taskValue("pixmo_count", { answer }, prediction)
        : taskValue("pixmo_count", { answer }, prediction, lmms),
  },
};

const zerobench: VectorFile = {
  functions: {
    "vlmevalkit.correct": ({ prediction, answer }: { prediction: string; answer: string }) =>
      taskValue("zerobench", { question_answer: answer }, prediction, vlmevalkit),
    "vlmevalkit.accuracy": ({ predictions, answers }: { predictions: string[]; answers: string[] }) => {
      const rows = predictions.map((text, i) => {
        const row = { question_answer: answers[i] ?? "" };
        return { row, value: taskValue("zerobench", row, text, vlmevalkit) };
      });
      return fold("zerobench", "accuracy", rows);
    },
    "lmms.process_results": (input: { prediction: string; question_answer: unknown }) => {
      const question_answer = pythonStr(input.question_answer);
      if (isChangedBefore(input.prediction)) return one(zeroBenchEqual(input.prediction, question_answer));
      return taskValue("zerobench", { question_answer }, input.prediction, lmms);
    },
  },
};

const mtvqa: VectorFile = {
  functions: {
    // lmms-eval's value is VLMEvalKit's too.
    mtvqa: ({ answer, response }: { answer: string; response: string }) => {
      const row = { pair: { question: "", answer } };
      return {
        lmms: isChangedBefore(response)
          ? one(mtvqaCorrect(response, answer, "lmms-eval"))
          : taskValue("mtvqa", row, response, lmms),
        official: taskValue("mtvqa", row, response),
      };
    },
    "mtvqa.aggregate": ({ results }: { results: { category: string; score: number }[] }) => {
      const rows = results.map(({ category, score }) => ({ row: { lang: category }, value: score }));
      const percent = (value: number | null) => (value === null ? null : value * 100);
      const each = Object.entries(foldEach("mtvqa", "accuracy", rows, "language"));
      const average = percent(fold("mtvqa", "accuracy", rows));
      return {
        lmms: average ?? 0,
        vek:
          rows.length === 0 ? null : { ...Object.fromEntries(each.map(([k, v]) => [k, percent(v)])), Average: average },
        official: fold("mtvqa", "average_of_languages", rows),
      };
    },
    "lmms.mtvqa.qa_pairs": ({ value }: { value: unknown }) => {
      if (typeof value !== "string") return pairsOf(Array.isArray(value) ? value : []);
      try {
        const cell = parseListCell(value, false);
        return Array.isArray(cell) ? pairsOf(cell) : [];
      } catch (error) {
        // A run names such a row as one that does not fit; lmms-eval drops its image without a word.
        if (error instanceof RangeError) return [];
        throw error;
      }
    },
  },
};

export const catalogueAnswerVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/pixmo_count": pixmoCount,
  "catalogue/zerobench": zerobench,
  "catalogue/mtvqa": mtvqa,
};
