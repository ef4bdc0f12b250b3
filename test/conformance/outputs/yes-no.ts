/** Real outputs of POPE, MME and HallusionBench. */

import { Type } from "../../../src/core/schema.js";
import {
  byAnswer,
  byFigure,
  byQuestion,
  type GroupCounts,
  type HallusionAnswer,
  yesBias,
} from "../../../tasks/hallusion_bench/groups.js";
import type { HallusionVerdict } from "../../../tasks/hallusion_bench/score.js";
import { mmeCategories, mmeTotal } from "../../../tasks/mme/scores.js";
import { countYesNo, noYesNoCounts, yesNoMeasures } from "../../../tasks/pope/measures.js";
import type { Benchmark } from "../benchmark-folder.js";
import { taskScore, taskValue } from "../task-score.js";

interface PopeRow {
  readonly label: string;
  readonly response: string;
}

const pope: Benchmark = {
  row: Type.Object({ label: Type.String(), response: Type.String() }),
  evaluate: (rows: readonly PopeRow[]) => {
    const counts = noYesNoCounts();
    const scores = rows.map((row) => taskScore("pope", { answer: row.label }, row.response));
    const answers = scores.map(({ answer }) => answer);
    rows.forEach((row, i) => {
      countYesNo(counts, answers[i] as string, row.label);
    });
    const { accuracy, precision, recall, f1, yesRatio } = yesNoMeasures(counts);
    const { tp: TP, fp: FP, tn: TN, fn: FN } = counts;
    return {
      metrics: { accuracy, precision, recall, f1, yes_ratio: yesRatio, TP, FP, TN, FN },
      official: scores.map(({ value }) => ({ correct: value })),
    };
  },
};

interface MmeRow extends PopeRow {
  readonly category: string;
  readonly image: string;
}

const mme: Benchmark = {
  row: Type.Object({
    category: Type.String(),
    image: Type.String(),
    label: Type.String(),
    response: Type.String(),
  }),
  evaluate: (rows: readonly MmeRow[]) => {
    const scores = rows.map(({ label, response }) => taskScore("mme", { answer: label }, response));
    const labels = scores.map(({ answer }) => answer);
    const categories = mmeCategories(
      rows.map(({ image, category }, i) => ({ image, category, correct: scores[i]?.value === 1 })),
    );
    return {
      metrics: {
        tasks: Object.fromEntries([...categories].map(([name, { score }]) => [name, score])),
        perception: mmeTotal(categories, "perception"),
        cognition: mmeTotal(categories, "cognition"),
        n_other: labels.filter((label) => label === "other").length,
      },
      official: labels.map((label) => ({ label })),
    };
  },
};

interface HallusionRow {
  readonly category: string;
  readonly subcategory: string;
  readonly visual_input: string;
  readonly set_id: string;
  readonly figure_id: string;
  readonly question_id: string;
  readonly gt_answer: string;
  readonly judge: HallusionVerdict;
  readonly response?: string;
}

const text = Type.String();
const percent = ({ right, total }: GroupCounts) => (100 * right) / total;

const hallusionbench: Benchmark = {
  row: Type.Object({
    category: text,
    subcategory: text,
    visual_input: text,
    set_id: text,
    figure_id: text,
    question_id: text,
    gt_answer: text,
    judge: Type.Union([Type.Literal("0"), Type.Literal("1"), Type.Literal("2")]),
  }),
  evaluate: (rows: readonly HallusionRow[]) => {
    const answers = rows.map((row): HallusionAnswer & { edited: boolean; truth: boolean } => ({
      category: row.category,
      subcategory: row.subcategory,
      set: row.set_id,
      figure: row.figure_id,
      question: row.question_id,
      correct: taskValue("hallusion_bench_image", row, row.response ?? "", { verdicts: [row.judge] }) === 1,
      edited: row.visual_input === "2",
      truth: row.gt_answer === "1",
    }));
    const [all, pairs, figures] = [byAnswer(answers), byQuestion(answers), byFigure(answers)];
    const bias = yesBias(answers);
    return {
      metrics: {
        aAcc: percent(all),
        n_questions: all.total,
        qAcc: percent(pairs),
        n_pairs: pairs.total,
        fAcc: percent(figures),
        n_figures: figures.total,
        figure_inconsistent: (100 * (figures.total - figures.right - figures.wrong)) / figures.total,
        figure_wrong: (100 * figures.wrong) / figures.total,
        figure_score: figures.share,
        pct_diff: bias.difference,
        fp_ratio: bias.falsePositives,
        easy_aAcc: percent(byQuestion(answers.filter(({ edited }) => !edited))),
        hard_aAcc: percent(byQuestion(answers.filter(({ edited }) => edited))),
      },
      official: answers.map(({ correct }) => ({ correct: correct ? 1 : 0 })),
    };
  },
};

export const yesNoBenchmarks: Readonly<Record<string, Benchmark>> = { pope, mme, hallusionbench };
