/** Real outputs of POPE, MME and HallusionBench. */

import { Type } from "../../../src/core/schema.js";
import { lower } from "../../../src/text/python-strings.js";
import {
  byAnswer,
  byFigure,
  byQuestion,
  type GroupCounts,
  type HallusionAnswer,
  yesBias,
} from "../../../tasks/hallusion_bench/groups.js";
import { type HallusionVerdict, hallusionCorrect } from "../../../tasks/hallusion_bench/score.js";
import { mmeAnswer } from "../../../tasks/mme/score.js";
import { mmeCategories, mmeTotal } from "../../../tasks/mme/scores.js";
import { countYesNo, noYesNoCounts, yesNoMeasures } from "../../../tasks/pope/measures.js";
import { popeAnswer } from "../../../tasks/pope/score.js";
import type { Benchmark } from "../benchmark-folder.js";

interface PopeRow {
  readonly label: string;
  readonly response: string;
}

const pope: Benchmark = {
  row: Type.Object({ label: Type.String(), response: Type.String() }),
  evaluate: (rows: readonly PopeRow[]) => {
    const counts = noYesNoCounts();
    const answers = rows.map((row) => popeAnswer(row.response));
    rows.forEach((row, i) => {
      countYesNo(counts, answers[i] as string, row.label);
    });
    const { accuracy, precision, recall, f1, yesRatio } = yesNoMeasures(counts);
    const { tp: TP, fp: FP, tn: TN, fn: FN } = counts;
    return {
      metrics: { accuracy, precision, recall, f1, yes_ratio: yesRatio, TP, FP, TN, FN },
      official: rows.map((row, i) => ({ correct: answers[i] === row.label ? 1 : 0 })),
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
    const labels = rows.map((row) => mmeAnswer(row.response));
    const categories = mmeCategories(
      rows.map(({ image, category, label }, i) => ({ image, category, correct: labels[i] === lower(label) })),
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
      correct: hallusionCorrect(row.judge, row.category, row.figure_id),
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
