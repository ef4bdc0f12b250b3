import {
  defineTask,
  Image,
  lastLine,
  mean,
  type Static,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
  yesNoTruth,
} from "llava-eval";
import { mmeMetric, mmeScore } from "./metrics.js";
import { mmeAnswerScore } from "./score.js";

const row = Type.Object({
  question_id: Type.String(), // the image: its two questions share it
  question: Type.String(),
  answer: Type.String(),
  category: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

const lines = {
  default: WORD_OR_PHRASE,
  gpt4v: "Answer the question with Yes or No.",
  qwen_vl: " Answer:",
  otterhd: " Answer:",
};

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
  row,
  id: ({ question_id, question }) => `${question_id} ${question}`,
  imageKey: ({ question_id }) => question_id,
  limitByCluster: true, // acc+ needs both questions
  profiles: ["default", "gpt4v", "qwen_vl", "otterhd", "plm", "xcomposer2_4khd"],
  prompt: ({ image, question }, profile) => userPrompt(image, words(question.trim(), profile)),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => ["yes", "no"].includes(yesNoTruth(answer)),
  score: (row, output, context) => mmeAnswerScore(row.answer, output, context),
  metrics: [
    mmeMetric("mme_perception_score", "perception"),
    mmeMetric("mme_cognition_score", "cognition"),
    mmeScore("mme_score"),
    mean("accuracy"),
  ],
  groups: { category: ({ category }) => category },
});

function words(question: string, profile: string): string {
  if (profile === "plm") return question;
  const bare = question.replaceAll(" Please answer yes or no.", "");
  if (profile === "xcomposer2_4khd")
    return `[UNUSED_TOKEN_146]user\n${bare} Answer this question briefly[UNUSED_TOKEN_145]\n[UNUSED_TOKEN_146]assistant\n`;
  return bare + lastLine(profile, lines);
}
