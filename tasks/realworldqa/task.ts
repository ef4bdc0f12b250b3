import { defineTask, hasText, Image, mean, type Static, Type, userPrompt } from "llava-eval";
import { realWorldQaScore } from "./score.js";

const row = Type.Object({
  image: Image(),
  question: Type.String(), // with options and an instruction
  answer: Type.String(),
  image_path: Type.String(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "realworldqa",
  version: 2,
  about: "Spatial questions on photographs from cars and streets (xAI 2024).",
  cite: "https://x.ai/news/grok-1.5v; scoring follows lmms-eval 0.7.2 realworldqa/utils.py; official: without its last rule, a capital letter anywhere",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/RealWorldQA", "lmms-lab/RealWorldQA"],
      split: "test",
      rows: 765,
      licence: "cc-by-nd-4.0",
      answers: "public",
    },
  },
  row,
  id: ({ image_path }) => image_path,
  prompt: ({ image, question }) => userPrompt(image, question.trim()),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  score: ({ answer }, output, context) => realWorldQaScore(answer, output, context),
  metrics: [mean("accuracy")],
});
