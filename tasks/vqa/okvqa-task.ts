import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  type Static,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
} from "llava-eval";
import { UNANSWERABLE } from "./prompt.js";
import { vqaPeopleScore } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  answers: Type.Array(Type.String()),
  image: Image(),
});
type Row = Static<typeof row>;

const lines: Readonly<Record<string, string>> = {
  default: UNANSWERABLE, // lmms-eval's, taken over from VizWiz: every OK-VQA question can be answered
  clean: WORD_OR_PHRASE,
};

export default defineTask<Row>({
  name: "okvqa",
  aliases: ["ok_vqa", "ok_vqa_val2014@val", "ok_vqa_val2014_lite@lite"],
  version: 1,
  about: "Questions that need knowledge from outside the image, ten human answers each (Marino et al. 2019).",
  cite: "https://arxiv.org/abs/1906.00067; official scoring: the VQA script (GT-Vision-Lab/VQA vqaEval.py)",
  splits: {
    val: {
      sources: ["lmms-lab-encoder/OK-VQA", "lmms-lab/OK-VQA"],
      split: "val2014",
      rows: 5046,
      licence: "CC-BY-4.0",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["ok_vqa_val2014"],
      split: "lite",
      licence: "CC-BY-4.0",
      answers: "public",
    },
  },
  row,
  id: ({ question_id }) => String(question_id),
  profiles: ["default", "clean", ...Object.keys(MODEL_PROFILES.okvqa)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.okvqa[profile]?.({ question }) ?? `${question}\n${lines[profile]}`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers),
  defects: {
    "lmms-eval": ['its words ask for "Unanswerable", which no question is (profile default)'],
  },
  score: ({ answers }, output, context) => vqaPeopleScore(answers, output, context),
  metrics: [mean("accuracy")],
});
