import {
  chosen,
  defineTask,
  Image,
  inferChoice,
  Nullable,
  notJudged,
  rightOrWrong,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { hallusionQuestion } from "./judge.js";
import { hallusionId, hallusionMetric } from "./metrics.js";
import {
  type HallusionVerdict,
  hallusionContainsYes,
  hallusionCorrect,
  hallusionWord,
  lmmsHallusionVerdict,
} from "./score.js";

const row = Type.Object({
  category: Type.String(), // VD: visual dependent, VS: visual supplement
  subcategory: Type.String(),
  visual_input: Type.String(), // 0 none, 1 original, 2 edited
  set_id: Type.String(),
  figure_id: Type.String(),
  question_id: Type.String(),
  question: Type.String(),
  gt_answer: Type.String(), // 1 yes, 0 no
  gt_answer_details: Type.String(),
  image: Type.Optional(Nullable(Image())),
});
type Row = Static<typeof row>;

const meanings: Record<HallusionVerdict, string> = { "0": "incorrect", "1": "correct", "2": "unclear" };

const questions: Omit<Task<Row>, "name" | "score" | "metrics"> = {
  version: 2,
  about:
    "Yes/no questions on charts, maps and illusions, original and edited, that tempt to answer from memory (Guan et al. 2024).",
  cite: "https://arxiv.org/abs/2310.14566; scoring follows tianyi-lab/HallusionBench evaluation.py and utils.py",
  splits: {
    image: {
      sources: ["lmms-lab-encoder/HallusionBench", "lmms-lab/HallusionBench"],
      split: "image",
      rows: 951,
      licence: "BSD-3-Clause",
      answers: "public",
    },
  },
  row,
  id: ({ category, subcategory, set_id, figure_id, question_id }) =>
    hallusionId({ category, subcategory, set: set_id, figure: figure_id, question: question_id }),
  imageKey: (row) => [row.category, row.subcategory, row.set_id, row.figure_id].join("_"),
  cluster: (row) => [row.category, row.subcategory, row.set_id].join("_"),
  tsv: {
    files: { image: "HallusionBench" },
    rows({ index = "", answer, "l2-category": subcategory, ...cells }) {
      const [set, figure, question] = index.split("_").slice(-3);
      const gold = answer === "Yes" ? "1" : answer === "No" ? "0" : "";
      return [{ ...cells, subcategory, set_id: set, figure_id: figure, question_id: question, gt_answer: gold }];
    },
  },
  profiles: ["default", "vlmevalkit"], // the same words
  prompt: ({ image, question }) => userPrompt(...(image ? [image] : []), question),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ gt_answer }) => gt_answer === "0" || gt_answer === "1",
  groups: { category: ({ category }) => category, subcategory: ({ subcategory }) => subcategory },
};

const judged: Task<Row> = {
  ...questions,
  name: "hallusion_bench_image",
  judge: {
    model: "gpt-4",
    template: hallusionQuestion("{question}", "{gt_answer_details}", "{answer}"),
    scorings: ["official", "lmms-eval"],
    ask: (row, output, verdicts, scoring) =>
      verdicts.length > 0 || scoring === "vlmevalkit"
        ? undefined
        : {
            prompt: userPrompt(hallusionQuestion(row.question, row.gt_answer_details, output.text)),
            options: { temperature: 0, maxNewTokens: 16 },
            parse: scoring === "lmms-eval" ? lmmsHallusionVerdict : hallusionWord,
          },
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { aAcc: "aAcc", fAcc: "fAcc", qAcc: "qAcc" } },
  fallbackJudge: vlmEvalKit.yesNoJudge(({ question }) => question),
  defects: {
    "lmms-eval": [
      '"not correct" is correct',
      "verdicts are kept by position, for the next model too (here: by content)",
    ],
  },
  score(row, output, { scoring, verdicts }) {
    const [verdict] = verdicts;
    if (scoring === "vlmevalkit") {
      const said = inferChoice(output.text, {}, "yes-no") ?? verdicts.at(-1);
      const gold = row.gt_answer === "1" ? "yes" : "no";
      return chosen(said === "yes" || said === "no" ? said : undefined, gold);
    }
    if (verdict === undefined) return notJudged;
    const code = verdict as HallusionVerdict;
    const correct = hallusionCorrect(code, row.category, row.figure_id);
    return rightOrWrong(correct, meanings[code], row.gt_answer_details);
  },
  metrics: [hallusionMetric("aAcc", "answer"), hallusionMetric("fAcc", "figure"), hallusionMetric("qAcc", "question")],
};

/** Without a judge: does the answer contain "yes"? Not the benchmark's score, hence other names. */
const offline: Task<Row> = {
  ...questions,
  name: "hallusion_bench_image_static",
  about: `${questions.about} Scored by whether the answer contains "yes", without a judge.`,
  defects: {},
  score(row, output) {
    const text = output.text;
    return rightOrWrong(hallusionContainsYes(text, row.gt_answer), text, row.gt_answer);
  },
  metrics: [
    hallusionMetric("contains_yes_aAcc", "answer"),
    hallusionMetric("contains_yes_fAcc", "figure", true),
    hallusionMetric("contains_yes_qAcc", "question"),
  ],
};

export default [defineTask(judged), defineTask(offline)];
