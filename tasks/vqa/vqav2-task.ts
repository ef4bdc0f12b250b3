import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  Nullable,
  type Static,
  strip,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
} from "llava-eval";
import { vqav2Score } from "./score.js";

const row = Type.Object({
  question_id: Type.Integer(),
  image_id: Type.Integer(),
  question: Type.String(),
  question_type: Type.Optional(Nullable(Type.String())),
  answer_type: Type.Optional(Nullable(Type.String())),
  // Null on the test splits.
  answers: Type.Optional(
    Nullable(
      Type.Array(Type.Object({ answer: Type.String(), answer_confidence: Type.String(), answer_id: Type.Integer() })),
    ),
  ),
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/VQAv2", "lmms-lab/VQAv2"], licence: "CC-BY-4.0" };
const lite = ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"];

export default defineTask<Row>({
  name: "vqav2",
  aliases: ["vqav2_val@val", "vqav2_test@test", "vqav2_val_lite@lite"],
  version: 1,
  about: "Open-ended questions on COCO images, ten human answers each (Goyal et al. 2017).",
  cite: "https://arxiv.org/abs/1612.00837; official scoring follows GT-Vision-Lab/VQA PythonEvaluationTools/vqaEvaluation/vqaEval.py",
  splits: {
    val: { ...split, split: "validation", rows: 214_354, answers: "public" },
    test: { ...split, split: "test", rows: 447_793, answers: "secret" },
    testdev: { ...split, split: "testdev", rows: 107_394, answers: "secret" },
    lite: { ...split, sources: lite, configs: ["vqav2_val"], split: "lite", answers: "public" },
  },
  row,
  id: ({ question_id }) => String(question_id),
  imageKey: ({ image_id }) => String(image_id),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.vqav2)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.vqav2[profile]?.({ question }) ?? `${question}\n${WORD_OR_PHRASE}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers?.map(({ answer }) => answer)),
  score: ({ answers }, output, context) => vqav2Score(answers ?? [], output, context),
  answer: (_, output) => strip(output.text),
  metrics: [mean("accuracy")],
  groups: {
    answer_type: ({ answer_type }) => answer_type ?? undefined,
    question_type: ({ question_type }) => question_type ?? undefined,
  },
  submission: {
    file: "vqav2-test-submission.json",
    entry: ({ question_id }, answer) => ({ question_id, answer }),
    schema: Type.Object({ question_id: Type.Integer(), answer: Type.String() }, { additionalProperties: false }),
  },
});
