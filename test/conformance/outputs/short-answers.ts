/** Real outputs of the short-answer benchmarks. */

import { Type } from "../../../src/core/schema.js";
import { mean } from "../../../src/statistics/descriptive.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { lower, strip } from "../../../src/text/python-strings.js";
import { relaxedCorrect } from "../../../tasks/chartqa/score.js";
import { stvqaAnls } from "../../../tasks/multidocvqa/score.js";
import type { Benchmark } from "../benchmark-folder.js";
import { people, taskValue } from "../task-score.js";

interface WithAnswers {
  readonly response: string;
  readonly answers: readonly string[];
}
const withAnswers = Type.Object({ response: Type.String(), answers: Type.Array(Type.String()) });

interface WithAnswer {
  readonly response: string;
  readonly answer: string;
}
const withAnswer = Type.Object({ response: Type.String(), answer: Type.String() });

const percent = (values: readonly number[]) => 100 * mean(values);
const flag = (right: boolean) => (right ? 1 : 0);

const textvqa: Benchmark = {
  row: withAnswers,
  evaluate: (rows: readonly WithAnswers[]) => {
    const m4c = rows.map((row) => taskValue("textvqa", row, row.response));
    const official = rows.map((row) => taskValue("vqav2", { answers: people(row.answers) }, row.response));
    return {
      // vqaEval.py rounds a data set's accuracy to the decimals it is asked for.
      metrics: { textvqa_accuracy: percent(m4c), vqa_accuracy: roundHalfEven(percent(official), 10) },
      official: rows.map((_, i) => ({ m4c_score: m4c[i], vqa_acc: official[i] })),
    };
  },
};

const docvqaAnls: Benchmark = {
  row: withAnswers,
  evaluate: (rows: readonly WithAnswers[]) => {
    const official = rows.map(({ answers, response }) => ({
      anls: taskValue("docvqa", { answers }, response),
      stvqa_anls: stvqaAnls(answers, response) ?? 0,
    }));
    const metrics = {
      anls: mean(official.map((row) => row.anls)),
      stvqa_anls: mean(official.map((row) => row.stvqa_anls)),
    };
    return { metrics, official };
  },
};

const gqa: Benchmark = {
  row: withAnswer,
  evaluate: (rows: readonly WithAnswer[]) => {
    const official = rows.map((row) => ({ correct: taskValue("gqa", row, row.response) }));
    const correct = official.filter((row) => row.correct === 1).length;
    return { metrics: { accuracy: (100 * correct) / rows.length, correct }, official };
  },
};

const chartqa: Benchmark = {
  row: withAnswer,
  evaluate: (rows: readonly WithAnswer[]) => {
    // The predictions end in a newline.
    const texts = rows.map((row) => strip(row.response));
    const right = rows.map((row, i) => taskValue("chartqa", row, texts[i] as string));
    const swapped = rows.map((row, i) => flag(relaxedCorrect(row.answer, texts[i] as string)));
    const exact = rows.map((row, i) => flag(lower(texts[i] as string) === lower(row.answer)));
    return {
      metrics: {
        relaxed_accuracy: percent(right),
        relaxed_accuracy_arguments_swapped: percent(swapped),
        exact_match: percent(exact),
      },
      official: right.map((correct) => ({ correct })),
    };
  },
};

interface NextQaRow {
  readonly type: string;
  readonly answer: number;
  readonly prediction: number;
}

/** NExT-QA's eval_mc.py: "TP" counts as "TN"; groups by the first letter. */
const nextqaMc: Benchmark = {
  part: "chosen options as numbers, none of them read out of a text",
  row: Type.Object({ type: Type.String(), answer: Type.Integer(), prediction: Type.Integer() }),
  evaluate: (rows: readonly NextQaRow[]) => {
    const groups = new Map<string, number[]>();
    for (const row of rows) {
      const type = row.type === "TP" ? "TN" : row.type;
      const value = flag(row.answer === row.prediction);
      for (const name of [type, `Acc_${type.charAt(0)}`, "all"]) groups.set(name, [...(groups.get(name) ?? []), value]);
    }
    const percents = Object.fromEntries([...groups].map(([name, values]) => [name, percent(values)]));
    return { metrics: { accuracy: percents.all, groups: percents } };
  },
};

export const shortAnswerBenchmarks: Readonly<Record<string, Benchmark>> = {
  textvqa,
  docvqa_anls: docvqaAnls,
  gqa,
  chartqa,
  nextqa_mc: nextqaMc,
};
