import {
  defineTask,
  hasText,
  imageColumns,
  isTextList,
  ListText,
  mean,
  Nullable,
  parseIntPython,
  parseStringList,
  strip,
  type TaggedRow,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
} from "llava-eval";
import { multiPageScore } from "./score.js";

const pages = 20;
const row = Type.Object({
  questionId: Type.String(),
  doc_id: Type.String(),
  question: Type.String(),
  answers: Type.Optional(Nullable(ListText())), // "['1998']"; none on the test split
  ...imageColumns(pages),
});
type Row = TaggedRow & { questionId: string; doc_id: string; question: string; answers?: string | null };

const answersIn = (list: string | null | undefined) => (list ? parseStringList(list) : []);
const split = { sources: ["lmms-lab-encoder/MP-DocVQA", "lmms-lab/MP-DocVQA"], licence: "MIT" };

export default defineTask<Row>({
  name: "multidocvqa",
  aliases: ["multidocvqa_val@val", "multidocvqa_test@test"],
  version: 1,
  about: "Questions about documents of up to 20 pages (Tito et al. 2023).",
  cite: "https://arxiv.org/abs/2212.05935; scoring follows the authors' rubenpt91/MP-DocVQA-Framework metrics.py",
  splits: {
    val: { ...split, split: "val", rows: 5187, answers: "public" },
    test: { ...split, split: "test", rows: 5019, answers: "secret" },
  },
  row,
  id: ({ questionId }) => questionId,
  cluster: ({ doc_id }) => doc_id,
  prompt: (row) => {
    const images = Array.from({ length: pages }, (_, i) => row[`image_${i + 1}`] ?? []).flat();
    return userPrompt(...images, `${row.question}\n${WORD_OR_PHRASE}`);
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ answers }) => hasText(answersIn(answers)) && isTextList(answers ?? ""),
  score: ({ answers }, output) => multiPageScore(answersIn(answers), output),
  answer: (_, output) => strip(output.text),
  metrics: [mean("anls", { of: "anls" }), mean("accuracy", { of: "accuracy" })],
  submission: {
    file: "multidocvqa_test_for_submission.json",
    // The model is not asked which page the answer is on.
    entry: ({ questionId }, answer) => ({
      questionId: parseIntPython(questionId) ?? Number.NaN,
      answer,
      answer_page: null,
    }),
    schema: Type.Object(
      { questionId: Type.Integer(), answer: Type.String(), answer_page: Nullable(Type.Integer()) },
      { additionalProperties: false },
    ),
  },
});
