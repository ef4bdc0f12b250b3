/** Real outputs of the mathematics benchmarks. */

import { Nullable, Type } from "../../../src/core/schema.js";
import { mean } from "../../../src/metrics/mean.js";
import { sum } from "../../../src/statistics/descriptive.js";
import type { Benchmark } from "../benchmark-folder.js";
import { foldValue } from "../fold.js";
import { taskScore } from "../task-score.js";

const accuracy = mean("accuracy");

/** Percent right, of all and for every value that `of` gives to rows. */
function percent<Row>(rows: readonly Row[], correct: readonly number[]): number;
function percent<Row>(
  rows: readonly Row[],
  correct: readonly number[],
  of: (row: Row) => readonly string[],
): Record<string, number>;
function percent<Row>(rows: readonly Row[], correct: readonly number[], of?: (row: Row) => readonly string[]) {
  const share = (wanted: (row: Row) => boolean) => {
    const values = correct.filter((_, i) => wanted(rows[i] as Row)).map((value) => ({ value }));
    return (foldValue(accuracy, values) ?? Number.NaN) * 100;
  };
  if (of === undefined) return share(() => true);
  return Object.fromEntries(
    [...new Set(rows.flatMap(of))].map((name) => [name, share((row) => of(row).includes(name))]),
  );
}

interface VistaRow {
  readonly question_type: string;
  readonly answer_type: string;
  readonly choices: readonly string[] | null;
  readonly precision: number | null;
  readonly answer: string;
  /** What the judge read in the response, which is not kept. */
  readonly extraction: string;
  readonly metadata: Readonly<Record<string, string | readonly string[]>>;
  readonly official?: { readonly prediction?: string | null };
}

/** A response that the rules cannot read. */
const needsJudge = "It is written in the figure.";

const mathvista: Benchmark = {
  row: Type.Object({
    question_type: Type.String(),
    answer_type: Type.String(),
    choices: Type.Optional(Nullable(Type.Array(Type.String()))),
    precision: Type.Optional(Nullable(Type.Number())),
    answer: Type.Unknown(),
    extraction: Type.String(),
    metadata: Type.Record(Type.String(), Type.Unknown()),
  }),
  evaluate: (rows: readonly VistaRow[]) => {
    const scored = rows.map((row) => {
      const { value, answer } = taskScore("mathvista", row, needsJudge, { verdicts: [row.extraction] });
      return { correct: (value as { accuracy: number }).accuracy, prediction: answer };
    });
    const correct = scored.map((row) => row.correct);
    const attributes = ["language", "category", "task", "context", "grade", "skills"];
    const metadata = (name: string) => (row: VistaRow) => [row.metadata[name] ?? []].flat();
    return {
      metrics: {
        accuracy: percent(rows, correct),
        correct: sum(correct),
        question_type: percent(rows, correct, (row) => [row.question_type]),
        answer_type: percent(rows, correct, (row) => [row.answer_type]),
        ...Object.fromEntries(attributes.map((name) => [name, percent(rows, correct, metadata(name))])),
      },
      // Our answer is text: "" stands for the reference's None.
      official: scored.map(({ prediction }, i) => ({
        prediction: prediction === "" && rows[i]?.official?.prediction !== "" ? null : prediction,
        correct: correct[i],
      })),
    };
  },
};

interface VisionRow {
  readonly level: number;
  readonly subject: string;
  readonly options: readonly string[];
  readonly answer: string;
  readonly response: string;
  readonly official?: { readonly model_answer?: string };
}

const mathvision: Benchmark = {
  row: Type.Object({
    level: Type.Integer(),
    subject: Type.String(),
    options: Type.Array(Type.String()),
    answer: Type.String(),
    response: Type.String(),
  }),
  evaluate: (rows: readonly VisionRow[]) => {
    const scores = rows.map((row) => taskScore("mathvision", row, row.response));
    const answers = scores.map(({ answer }) => answer);
    const correct = scores.map(({ value }) => value as number);
    return {
      metrics: {
        accuracy: percent(rows, correct),
        correct: sum(correct),
        by_subject: percent(rows, correct, ({ subject }) => [subject]),
        by_level: percent(rows, correct, ({ level }) => [String(level)]),
      },
      official: rows.map((row, i) => ({ model_answer: committedForm(row, answers[i] as string), correct: correct[i] })),
    };
  },
};

/** Of the response `A)` the authors' files hold both `a` and, for `E)`, `e)`: either form is theirs. */
function committedForm({ response, official }: VisionRow, answer: string): string {
  const committed = official?.model_answer;
  return /^[A-E]\)$/.test(response) && committed === answer.slice(0, 1) ? committed : answer;
}

export const mathBenchmarks: Readonly<Record<string, Benchmark>> = { mathvista, mathvision };
