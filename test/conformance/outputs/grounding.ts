/** Real outputs of ScienceQA and OCRBench. */

import { Type } from "../../../src/core/schema.js";
import { mean } from "../../../src/statistics/descriptive.js";
import { optionLetters } from "../../../src/text/mmmu-choice.js";
import type { Benchmark } from "../benchmark-folder.js";
import { taskScore, taskValue } from "../task-score.js";

interface ScienceQaRow {
  readonly answer: number;
  readonly n_choices: number;
  readonly has_image: boolean;
  readonly response: string;
  readonly parsed: number;
}

const flag = (right: boolean) => (right ? 1 : 0);

const scienceqa: Benchmark = {
  row: Type.Object({
    answer: Type.Integer(),
    n_choices: Type.Integer(),
    has_image: Type.Boolean(),
    response: Type.String(),
    parsed: Type.Integer(),
  }),
  evaluate: (rows: readonly ScienceQaRow[]) => {
    const scores = rows.map(({ answer, n_choices, response }) =>
      taskScore("scienceqa", { answer, choices: Array(n_choices).fill("") }, response),
    );
    const parsed = scores.map(({ answer }, i) => optionLetters(rows[i]?.n_choices ?? 0).indexOf(answer));
    const right = scores.map(({ value }) => value as number);
    const withImage = right.filter((_, i) => rows[i]?.has_image === true);
    return {
      metrics: {
        acc: 100 * mean(right),
        img_acc: 100 * mean(withImage),
        n_img: withImage.length,
        n_unparsed: parsed.filter((index) => index < 0).length,
        acc_of_the_parse_committed_with_the_outputs: 100 * mean(rows.map((row) => flag(row.parsed === row.answer))),
      },
      official: right.map((correct, i) => ({ correct, parsed: parsed[i] })),
    };
  },
};

interface OcrRow {
  readonly dataset_name: string;
  readonly type: string;
  readonly answers: string | readonly string[];
  readonly response: string;
}

const ocrbench: Benchmark = {
  row: Type.Object({
    dataset_name: Type.String(),
    type: Type.String(),
    answers: Type.Union([Type.String(), Type.Array(Type.String())]),
    response: Type.String(),
  }),
  evaluate: (rows: readonly OcrRow[]) => {
    const hits = rows.map(({ answers, response, dataset_name }) =>
      taskValue("ocrbench", { answer: [answers].flat(), dataset: dataset_name }, response),
    );
    const sums = (key: (row: OcrRow) => string) => {
      const groups: Record<string, { score: number; n: number }> = {};
      rows.forEach((row, i) => {
        const group = groups[key(row)] ?? { score: 0, n: 0 };
        groups[key(row)] = { score: group.score + (hits[i] as number), n: group.n + 1 };
      });
      return groups;
    };
    return {
      metrics: {
        score: hits.reduce<number>((sum, hit) => sum + hit, 0),
        by_type: sums((row) => row.type),
        by_dataset: sums((row) => row.dataset_name),
      },
      official: hits.map((correct) => ({ correct })),
    };
  },
};

export const groundingBenchmarks: Readonly<Record<string, Benchmark>> = { scienceqa, ocrbench };
