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
import { mmeMetric, mmeScore } from "./metrics.js";
import { mmeAnswerScore, yesNoTruth } from "./score.js";

const row = Type.Object({
  question_id: Type.String(), // the image: its two questions share it
  question: Type.String(),
  answer: Type.String(),
  category: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "mme",
  version: 1,
  about: "Fourteen perception and cognition tasks, two yes/no questions per image (Fu et al. 2023).",
  cite: "https://arxiv.org/abs/2306.13394; official scoring follows eval_tool/calculation.py of BradyFU/Awesome-Multimodal-Large-Language-Models",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/MME", "lmms-lab/MME"],
      split: "test",
      rows: 2374,
      licence: "not stated by the owners",
      answers: "public",
    },
  },
  tsv: { files: { test: "MME" }, rows: (cells) => [{ ...cells, question_id: cells.image_path ?? "" }] },
  row,
  id: ({ question_id, question }) => `${question_id} ${question}`,
  imageKey: ({ question_id }) => question_id,
  limitByCluster: true, // acc+ needs both questions
  profiles: ["default", ...Object.keys(MODEL_PROFILES.mme)],
  prompt: ({ image, question }, profile) => userPrompt(image, words(question.trim(), profile)),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => ["yes", "no"].includes(yesNoTruth(answer)),
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { mme_perception_score: "perception", mme_cognition_score: "reasoning" } },
  fallbackJudge: vlmEvalKit.yesNoJudge(({ question }) => question),
  defects: {
    official: ['"not sure" and "None" are a no'],
    "lmms-eval": ['"not sure" and "None" are a no', "an image with one answer ends the run (here: it is left out)"],
  },
  score: (row, output, context) => mmeAnswerScore(row.answer, output, context),
  metrics: [
    mmeMetric("mme_perception_score", "perception"),
    mmeMetric("mme_cognition_score", "cognition"),
    mmeScore("mme_score"),
    mean("accuracy"),
  ],
  groups: { category: ({ category }) => category },
});

/** The usual line takes the place of the benchmark's own. */
const words = (question: string, profile: string): string =>
  MODEL_PROFILES.mme[profile]?.({ question }) ??
  `${question.replaceAll(" Please answer yes or no.", "")}\n${WORD_OR_PHRASE}`;
