import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  type Static,
  strip,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { capitalize } from "./capitalize.js";
import { evalAiNormalize } from "./normalize.js";
import { UNANSWERABLE } from "./prompt.js";
import { vqaPeopleScore } from "./score.js";

const row = Type.Object({
  question_id: Type.String(), // the image's name without its ending
  question: Type.String(),
  answers: Type.Optional(Nullable(Type.Array(Type.String()))), // none on the test split
  category: Type.Optional(Nullable(Type.String())),
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/VizWiz-VQA", "lmms-lab/VizWiz-VQA"], licence: "CC-BY-4.0" };

export default defineTask<Row>({
  name: "vizwiz_vqa",
  aliases: ["vizwiz_vqa_val@val", "vizwiz_vqa_test@test", "vizwiz_vqa_val_lite@lite"],
  version: 1,
  about: "Questions that blind people asked about their own photographs, ten answers each (Gurari et al. 2018).",
  cite: "https://arxiv.org/abs/1802.08218; official scoring: the VQA script (GT-Vision-Lab/VQA vqaEval.py), which VizWiz uses",
  splits: {
    val: { ...split, split: "val", rows: 4319, answers: "public" },
    test: { ...split, split: "test", rows: 8000, answers: "secret" },
    lite: {
      ...split,
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["vizwiz_vqa_val"],
      split: "lite",
      answers: "public",
    },
  },
  row,
  tsv: {
    files: { val: "VizWiz" },
    rows: ({ index, answer, answers, ...cells }) => [
      { ...cells, question_id: index, answers: vlmEvalKit.listOf(answers ?? answer) },
    ],
  },
  id: ({ question_id }) => question_id,
  profiles: ["default", "vlmevalkit"],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, profile === "vlmevalkit" ? question : `${capitalize(question)}\n${UNANSWERABLE}`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers),
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score: ({ answers }, output, context) => vqaPeopleScore(answers ?? [], output, context),
  answer: (_, output) => evalAiNormalize(strip(output.text)),
  metrics: [mean("accuracy")],
  groups: { category: ({ category }) => category ?? undefined },
  submission: {
    file: "vizwiz_vqa-test-submission.json",
    entry: ({ question_id }, answer) => ({ image: `${question_id}.jpg`, answer }),
    schema: Type.Object(
      { image: Type.String({ pattern: "^[^/]+\\.jpg$" }), answer: Type.String() },
      { additionalProperties: false },
    ),
  },
});
