import { defineTask, Image, type Static, strip, Type, userPrompt, WORD_OR_PHRASE } from "llava-eval";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "stvqa",
  version: 1,
  about: "Questions about scene text; the answers are secret (Biten et al. 2019).",
  cite: "https://arxiv.org/abs/1905.13648; scored by the Robust Reading Competition's server",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/ST-VQA", "lmms-lab/ST-VQA"],
      split: "test",
      rows: 4070,
      licence: "not stated by the owners",
      answers: "secret",
    },
  },
  row,
  id: ({ question_id }) => String(question_id),
  prompt: ({ image, question }) => userPrompt(image, `${question}\n${WORD_OR_PHRASE}`),
  generation: { maxNewTokens: 32, temperature: 0 },
  answer: (_, output) => strip(output.text),
  metrics: [],
  submission: {
    file: "stvqa_test_for_submission.json",
    entry: ({ question_id }, answer) => ({ question_id: Number(question_id), answer }),
    schema: Type.Object({ question_id: Type.Integer(), answer: Type.String() }, { additionalProperties: false }),
  },
});
