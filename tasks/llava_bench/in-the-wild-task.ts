import { defineTask, hasText, Image, type Output, type Static, type Task, Type, userPrompt } from "llava-eval";
import { KOREAN_RULE, koreanReviewText, LLAVA_BENCH_RULE, reviewText, VLMEVALKIT_KOREAN_RULE } from "./judges.js";
import { koreanReviewQuestion, reviewQuestion } from "./question.js";
import { relativeScore } from "./relative-score.js";
import { reviewScore } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  image: Image(),
  question: Type.String(),
  caption: Type.Union([Type.String(), Type.Array(Type.String())]),
  gpt_answer: Type.String(),
  category: Type.String(),
  image_id: Type.String(),
});
type Row = Static<typeof row>;

const judge: NonNullable<Task<Row>["judge"]> = {
  model: "gpt-4-0314",
  template: reviewText({
    context: "{caption}",
    question: "{question}",
    reference: "{gpt_answer}",
    answer: "{answer}",
    rule: LLAVA_BENCH_RULE,
  }),
  ask: (row, output, verdicts, scoring) =>
    verdicts.length > 0 ? undefined : reviewQuestion({ ...review(row, output), rule: LLAVA_BENCH_RULE }, scoring),
};

const theirRows: NonNullable<Task<Row>["tsv"]>["rows"] = ({ index, gpt4_ans: answer, image_path: path, ...cells }) => [
  { ...cells, question_id: index, gpt_answer: answer, image_id: path || index },
];

const inTheWild: Task<Row> = {
  name: "llava_in_the_wild",
  aliases: ["llava-bench-in-the-wild"],
  version: 2,
  about: "60 questions on 24 images; a judge compares the answer with GPT-4's (Liu et al. 2023).",
  cite: "https://arxiv.org/abs/2304.08485; official scoring follows haotian-liu/LLaVA llava/eval/eval_gpt_review_bench.py",
  splits: {
    train: {
      sources: ["lmms-lab-encoder/llava-bench-in-the-wild", "lmms-lab/llava-bench-in-the-wild"],
      split: "train",
      rows: 60,
      licence: "apache-2.0",
      answers: "public",
    },
  },
  tsv: { files: { train: "LLaVABench" }, rows: theirRows },
  row,
  id: ({ question_id }) => String(question_id),
  imageKey: ({ image_id }) => image_id,
  profiles: ["default", "vlmevalkit"], // the same words
  prompt: ({ image, question }) => userPrompt(image, question),
  generation: { maxNewTokens: 4096, temperature: 0 },
  judge,
  judgesByScoring: { vlmevalkit: { ...judge, model: "gpt-4-1106-preview" } }, // its "gpt-4-turbo"
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { relative_score: "Relative Score (main)" } },
  hasReference: ({ gpt_answer }) => hasText(gpt_answer),
  defects: {
    "lmms-eval": ["a review without scores counts as -1, -1 (here: asked again)"],
    vlmevalkit: [
      "a review without two numbers counts as -1, -1 (here: no score)",
      "it does not start at e8e78f05: a module is missing (here: it does)",
    ],
  },
  score: (_, output, context) => reviewScore(output.text, context),
  metrics: [relativeScore("relative_score")],
  groups: { category: ({ category }) => category },
};

/** By the rule of a scoring. */
const koreanJudge = (model: string, rule: string): NonNullable<Task<Row>["judge"]> => ({
  model,
  template: koreanReviewText({
    ...{ context: "{caption}", question: "{question}", reference: "{gpt_answer}", answer: "{answer}" },
    rule,
  }),
  ask: (row, output, verdicts, scoring) =>
    verdicts.length > 0 ? undefined : koreanReviewQuestion({ ...review(row, output), rule }, scoring),
});

/** Its own judge's words; texts in the images are Korean too. */
const korean: Task<Row> = {
  ...inTheWild,
  name: "llava_in_the_wild_ko",
  aliases: [],
  version: 1,
  about: "LLaVA-Bench (in the wild) in Korean; a judge compares the answer with GPT-4's in Korean (Ju et al. 2024).",
  cite: "https://arxiv.org/abs/2411.19103; scoring follows lmms-eval llava-in-the-wild/utils_ko.py, VLMEvalKit has another judge and system message",
  splits: {
    test: { sources: ["NCSOFT/K-LLaVA-W"], split: "test", rows: 60, licence: "cc-by-nc-4.0", answers: "public" },
  },
  tsv: { files: { test: "LLaVABench_KO" }, rows: theirRows },
  judge: koreanJudge("gpt-4o-2024-11-20", KOREAN_RULE),
  judgesByScoring: { vlmevalkit: koreanJudge("gpt-4o-2024-08-06", VLMEVALKIT_KOREAN_RULE) }, // its "gpt-4o-0806"
};

export default [defineTask(inTheWild), defineTask(korean)];

function review({ question, caption, gpt_answer }: Row, output: Output) {
  const context = typeof caption === "string" ? caption : caption.join("\n");
  return { context, question, reference: gpt_answer, answer: output.text };
}
