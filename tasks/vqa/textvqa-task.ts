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
  vlmEvalKit,
  WORD_OR_PHRASE,
} from "llava-eval";
import { capitalize } from "./capitalize.js";
import { evalAiNormalize } from "./normalize.js";
import { textvqaScore } from "./score.js";

const row = Type.Object({
  question_id: Type.Integer(),
  image_id: Type.String(),
  question: Type.String(),
  answers: Type.Optional(Nullable(Type.Array(Type.String()))), // none on the test split
  ocr_tokens: Type.Optional(Nullable(Type.Array(Type.String()))),
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/textvqa", "lmms-lab/textvqa"], licence: "CC-BY-4.0" };

export default defineTask<Row>({
  name: "textvqa",
  aliases: ["textvqa_val@val", "textvqa_test@test", "textvqa_val_lite@lite"],
  version: 1,
  about: "Questions about text in photographs, ten human answers each (Singh et al. 2019).",
  cite: "https://arxiv.org/abs/1904.08920; scoring follows TextVQAAccuracyEvaluator (MMF; LLaVA llava/eval/m4c_evaluator.py)",
  splits: {
    val: { ...split, split: "validation", rows: 5000, answers: "public" },
    test: { ...split, split: "test", rows: 5734, answers: "secret" },
    lite: {
      ...split,
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["textvqa_val"],
      split: "lite",
      answers: "public",
    },
  },
  tsv: {
    files: { val: "TextVQA_VAL" },
    rows: (cells) => [
      { ...cells, question_id: Number(cells.index), image_id: cells.index, answers: vlmEvalKit.listOf(cells.answer) },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  imageKey: ({ image_id }) => image_id,
  // "ocr": with the dataset's OCR tokens, as LLaVA-1.5's published TextVQA numbers were made.
  profiles: ["default", "ocr", "vlmevalkit", ...Object.keys(MODEL_PROFILES.textvqa)],
  prompt: ({ image, question, ocr_tokens }, profile) => {
    if (profile === "vlmevalkit") return userPrompt(image, `${question}\n${WORD_OR_PHRASE}`);
    const capital = capitalize(question);
    const reference = profile === "ocr" ? `\nReference OCR token: ${(ocr_tokens ?? []).join(", ")}` : "";
    const usual = `${capital}${reference}\n${WORD_OR_PHRASE}`;
    return userPrompt(image, MODEL_PROFILES.textvqa[profile]?.({ question: capital }) ?? usual);
  },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers),
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score: ({ answers }, output, context) => textvqaScore(answers ?? [], output, context),
  answer: (_, output) => evalAiNormalize(strip(output.text)),
  metrics: [mean("accuracy")],
  submission: {
    file: "textvqa_submission.json",
    entry: ({ question_id }, answer) => ({ question_id, answer }),
    schema: Type.Object({ question_id: Type.Integer(), answer: Type.String() }, { additionalProperties: false }),
  },
});
