import {
  defineTask,
  Image,
  MODEL_PROFILES,
  mean,
  type Static,
  Type,
  userPrompt,
  vlmEvalKit,
  WORD_OR_PHRASE,
} from "llava-eval";
import { yesNoMetric } from "./metrics.js";
import { popeScore, yesNoTruth } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  answer: Type.String(),
  image_source: Type.String(),
  category: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/POPE", "lmms-lab/POPE"], licence: "MIT", answers: "public" } as const;
const full = { ...split, configs: ["Full"], rows: 3000 };

export default defineTask<Row>({
  name: "pope",
  aliases: ["pope_adv@adversarial", "pope_pop@popular", "pope_random@random"],
  version: 1,
  about:
    "Is there a ... in the image? Objects that are there, and objects that a model might imagine (Li et al. 2023).",
  cite: "https://arxiv.org/abs/2305.10355; official scoring follows AoiDragon/POPE evaluate.py, the same as LLaVA's eval_pope.py",
  splits: {
    test: { ...split, split: "test", rows: 9000 },
    adversarial: { ...full, split: "adversarial" },
    popular: { ...full, split: "popular" },
    random: { ...full, split: "random" },
  },
  tsv: {
    files: { test: "POPE" },
    // A question of several categories counts in each.
    rows: ({ index, image_path: path, category = "", ...cells }) =>
      category.split(",").map((one) => ({ ...cells, category: one, question_id: index, image_source: path || index })),
  },
  row,
  id: ({ category, question_id }) => `${category}-${question_id}`,
  imageKey: ({ image_source }) => image_source,
  profiles: ["default", ...Object.keys(MODEL_PROFILES.pope)],
  prompt: ({ image, question }, profile) =>
    userPrompt(
      image,
      MODEL_PROFILES.pope[profile]?.({ question: question.trim() }) ?? `${question.trim()}\n${WORD_OR_PHRASE}`,
    ),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ answer }) => ["yes", "no"].includes(yesNoTruth(answer)),
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { f1: "Overall", accuracy: "acc", precision: "precision", recall: "recall" } },
  fallbackJudge: vlmEvalKit.yesNoJudge(({ question }) => question),
  defects: {
    official: ["what says no no is a yes"],
    "lmms-eval": ['"Yes." is no answer', "the share of yes is that of the references"],
    vlmevalkit: ["an answer that says neither is a no for precision, recall and F1"],
  },
  score: (row, output, context) => popeScore(row.answer, output, context),
  // LLaVA's papers print the mean of the three categories' F1.
  metrics: [
    yesNoMetric("f1", "f1"),
    mean("accuracy"),
    yesNoMetric("precision", "precision"),
    yesNoMetric("recall", "recall"),
    yesNoMetric("yes_ratio", "yesRatio"),
    yesNoMetric("f1_mean_of_categories", "f1", "category"),
  ],
  groups: { category: ({ category }) => category },
});
