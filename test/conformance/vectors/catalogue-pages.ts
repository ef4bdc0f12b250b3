/** Vector file of MMLongBench-Doc: answers by kind, what a judge's reply says, and F1 over rows that are scored already. */

import type { Scoring } from "../../../src/core/score.js";
import { extractedAnswer } from "../../../tasks/mmlongbench_doc/judge.js";
import { isUnanswerable, type Rules } from "../../../tasks/mmlongbench_doc/score.js";
import { taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms } from "./catalogue-metrics.js";

const row = { doc_id: "a.pdf", question: "?", evidence_pages: "[1]" };

function scored(line: { answer: string; format: string; prediction: string }, scoring: Scoring): number {
  const { answer, format: answer_format, prediction } = line;
  const given = { ...row, answer, answer_format };
  const by = scoring === "lmms-eval" ? lmms : { scoring, verdicts: [prediction] };
  const { value } = taskScore("mmlongbench_doc", given, prediction, by);
  return (value as { accuracy: number }).accuracy;
}

interface Aggregated {
  readonly answer: string;
  readonly pred: string;
  readonly score: number;
}

function folded(rows: readonly Aggregated[], scoring: Scoring) {
  const rules: Rules = scoring === "lmms-eval" ? "lmms-eval" : "official";
  const of = (metric: string) =>
    fold(
      "mmlongbench_doc",
      metric,
      rows.map(({ answer, pred, score }) => ({
        row: { ...row, answer, answer_format: "Str" },
        value: { accuracy: score },
        data: { answerable: !isUnanswerable(answer, rules), answered: !isUnanswerable(pred, rules) },
      })),
      scoring,
    );
  return { acc: of("accuracy"), f1: of("f1") };
}

const mmlongbench: VectorFile = {
  setAside: (input: { rows?: unknown[]; evidence_pages?: unknown }, fn) =>
    fn === "mmlongbench_doc.aggregate" && input.rows?.length === 0
      ? "no sample: 0 there, no value here"
      : fn === "lmms.mmlongbench_doc.pages" && typeof input.evidence_pages === "object" && input.evidence_pages !== null
        ? "a list, where the rows have a text"
        : undefined,
  reference(expected, fn) {
    if (fn === "mmlongbench_doc.aggregate") {
      const { official, lmms: theirs, vek_f1 } = expected as Record<string, unknown>;
      return { official, lmms: theirs, vek_f1 };
    }
    // A page that is named twice is shown once; the list there is the one before that.
    if (fn === "lmms.mmlongbench_doc.pages") return [...new Set(expected as readonly number[])];
    if (fn !== "mmlongbench_doc.score") return expected;
    const { official, lmms: theirs, vek } = expected as Record<string, unknown>;
    // An error ends a reply's score with 0 (run_api.py); so it does here.
    return {
      official: typeof official === "number" ? official : 0,
      lmms: theirs,
      vek: typeof vek === "number" ? vek : 0,
    };
  },
  functions: {
    "mmlongbench_doc.score": (line: { answer: string; format: string; prediction: string }) => ({
      official: scored(line, "official"),
      lmms: scored(line, "lmms-eval"),
      vek: scored(line, "vlmevalkit"),
    }),
    "vek.mmlongbench_doc.reply": ({ reply }: { reply: string }) => extractedAnswer(reply) ?? "",
    "mmlongbench_doc.aggregate": ({ rows }: { rows: readonly Aggregated[] }) => ({
      official: folded(rows, "official"),
      lmms: folded(rows, "lmms-eval"),
      vek_f1: folded(rows, "vlmevalkit").f1,
    }),
    "lmms.mmlongbench_doc.pages": ({ evidence_pages }: { evidence_pages: string | null }) => {
      const pages = Array.from({ length: 9 }, (_, i) => ({
        path: `${i + 1}`,
        bytes: () => Promise.reject(new Error()),
      }));
      const given = { ...row, answer: "x", answer_format: "Str", evidence_pages, pages };
      const parts = taskNamed("mmlongbench_doc").prompt(given, "lmms-eval").messages[0]?.parts ?? [];
      return parts.flatMap((part) => (part.type === "image" ? [Number(part.image.path)] : []));
    },
  },
};

export const cataloguePageVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/mmlongbench_doc": mmlongbench,
};
