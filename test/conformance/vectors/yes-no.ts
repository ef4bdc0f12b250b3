/** Vector files of POPE, MME and HallusionBench. */

import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { lower, strip } from "../../../src/text/python-strings.js";
import {
  byAnswer,
  byFigure,
  byQuestion,
  failureKinds,
  type GroupCounts,
  type HallusionAnswer,
} from "../../../tasks/hallusion_bench/groups.js";
import { type HallusionVerdict, hallusionVerdict } from "../../../tasks/hallusion_bench/score.js";
import { mmeCategories, mmeTotal, perceptionTasks } from "../../../tasks/mme/scores.js";
import { countYesNo, noYesNoCounts, yesNoMeasures } from "../../../tasks/pope/measures.js";
import { taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

interface Answered {
  readonly prediction: string;
  readonly answer: string;
}

const lmms = { scoring: "lmms-eval" } as const;
const popeSays = (prediction: string) => taskScore("pope", { answer: "yes" }, prediction).answer;

/** lmms-eval asserts that the truth is "yes" or "no". */
function lmmsPope({ prediction, answer }: Answered) {
  const truth = lower(strip(answer));
  if (truth !== "yes" && truth !== "no") throw new RangeError(`no yes/no label: "${answer}"`);
  const { answer: said, value } = taskScore("pope", { answer }, prediction, lmms);
  return { question_id: "1", score: value, prediction: said, ground_truth: truth };
}

/** The references' zero where a denominator is zero. */
const orZero = (value: number) => (Number.isNaN(value) ? 0 : value);

function lmmsPopeAggregate({ rows }: { rows: readonly Answered[] }) {
  const counts = noYesNoCounts();
  for (const row of rows) {
    const { prediction, ground_truth } = lmmsPope(row);
    countYesNo(counts, prediction, ground_truth);
  }
  const measures = yesNoMeasures(counts);
  return {
    accuracy: measures.accuracy,
    precision: orZero(measures.precision),
    recall: orZero(measures.recall),
    f1_score: orZero(measures.f1),
    yes_ratio: orZero(measures.truthYesRatio),
  };
}

function llavaPope({ rows }: { rows: readonly Answered[] }) {
  const counts = noYesNoCounts();
  for (const { prediction, answer } of rows) countYesNo(counts, popeSays(prediction), answer);
  const { accuracy, precision, recall, f1, yesRatio } = yesNoMeasures(counts);
  if (Number.isNaN(precision + recall + f1)) return undefined;
  const { tp: TP, fp: FP, tn: TN, fn: FN } = counts;
  return { TP, FP, TN, FN, accuracy, precision, recall, f1, yes_ratio: yesRatio };
}

const pope: VectorFile = {
  functions: {
    "lmms.process_results": lmmsPope,
    "lmms.aggregate": lmmsPopeAggregate,
    "llava.normalize": ({ prediction }: { prediction: string }) => popeSays(prediction),
    "llava.eval_pope": llavaPope,
  },
};

interface MmeRow extends Answered {
  readonly category: string;
  readonly question_id: string;
}

function mmeCorrect({ prediction, answer }: Answered): boolean {
  return taskValue("mme", { answer }, prediction, lmms) === 1;
}

function mmeAggregate({ rows }: { rows: readonly MmeRow[] }) {
  const answers = rows.map((row) => ({ image: row.question_id, category: row.category, correct: mmeCorrect(row) }));
  const categories = mmeCategories(answers);
  const broken = [...categories].filter(([, { incomplete }]) => incomplete > 0).map(([name]) => name);
  const total = (part: "perception" | "cognition") => {
    const spoilt = broken.some((name) => perceptionTasks.includes(name) === (part === "perception"));
    return spoilt ? undefined : mmeTotal(categories, part);
  };
  return {
    perception: total("perception"),
    cognition: total("cognition"),
    per_category: Object.fromEntries(
      [...categories].map(([name, { score, incomplete }]) => [name, incomplete > 0 ? null : score]),
    ),
  };
}

const mme: VectorFile = {
  functions: {
    parse_pred_ans: ({ prediction }: { prediction: string }) =>
      taskScore("mme", { answer: "yes" }, prediction, lmms).answer,
    process_results: (row: MmeRow) => {
      const part = perceptionTasks.includes(row.category) ? "mme_perception_score" : "mme_cognition_score";
      return { [part]: { question_id: "q", category: row.category, score: mmeCorrect(row) ? 1 : 0 } };
    },
    aggregate: mmeAggregate,
  },
};

interface HallusionRow {
  readonly category: string;
  readonly subcategory: string;
  readonly visual_input: string | number;
  readonly set_id: string | number;
  readonly figure_id: string | number;
  readonly question_id: string | number;
  readonly gt_answer: string;
  readonly model_prediction: string;
  readonly gpt4v_output_gpt_check: string;
}

function hallusionAnswer(row: HallusionRow, correct: boolean): HallusionAnswer {
  return {
    category: row.category,
    subcategory: row.subcategory,
    set: String(row.set_id),
    figure: String(row.figure_id),
    question: String(row.question_id),
    correct,
  };
}

const share = ({ right, total }: GroupCounts) => (total === 0 ? undefined : right / total);
/** lmms-eval rounds its percentages to four decimals. */
const percent = (groups: GroupCounts) =>
  groups.total === 0 ? undefined : roundHalfEven((100 * groups.right) / groups.total, 4);

function judged({ results }: { results: readonly HallusionRow[] }) {
  const answers = results.map((row) => {
    const verdict = String(row.gpt4v_output_gpt_check) as HallusionVerdict;
    const asked = { ...row, figure_id: String(row.figure_id), gt_answer_details: "" };
    const correct = taskValue("hallusion_bench_image", asked, "", { verdicts: [verdict] }) === 1;
    return { ...hallusionAnswer(row, correct), visualInput: String(row.visual_input), verdict };
  });
  const all = byAnswer(answers);
  const pairs = byQuestion(answers);
  const figures = byFigure(answers);
  const all_stat = {
    ...failureKinds(answers),
    note: "all accuracy per question",
    total: all.total,
    correct: all.right,
    wrong: all.total - all.right,
  };
  const pair_stat = {
    note: "all accuracy per question pair",
    total: pairs.total,
    total_q: answers.length,
    correct: pairs.right,
    wrong: pairs.total - pairs.right,
    ...{ LH: 0, VI: 0, Mix: 0, LH_cg: 0, VI_cg: 0, Mix_cg: 0 }, // lmms-eval leaves these counters unused
  };
  const fig_stat = {
    note: "all accuracy per image (consistency test)",
    total: figures.total,
    correct: figures.right,
    wrong: figures.wrong,
    inconsistent: figures.total - figures.right - figures.wrong,
    score: figures.share,
  };
  return {
    aAcc: percent(all),
    all_stat,
    qAcc: percent(pairs),
    pair_stat,
    fAcc: percent(figures),
    ...(figures.total === 0 ? {} : { fig_stat }),
  };
}

const hallusionBench: VectorFile = {
  functions: {
    intern: ({ results }: { results: readonly HallusionRow[] }) => {
      const answers = results.map((row) =>
        hallusionAnswer(row, taskValue("hallusion_bench_image_static", row, row.model_prediction) === 1),
      );
      return { aAcc: share(byAnswer(answers)), qAcc: share(byQuestion(answers)), fAcc: share(byFigure(answers, true)) };
    },
    judged,
    verdict: ({ judge_output }: { judge_output: string }) => hallusionVerdict(judge_output),
  },
};

export const yesNoVectors: Readonly<Record<string, VectorFile>> = { pope, mme, hallusion_bench: hallusionBench };
