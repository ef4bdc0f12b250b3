import {
  defineTask,
  Image,
  mean,
  realWorldQaCorrect,
  rightOrWrong,
  type Static,
  stripReasoning,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  image: Image(),
  question: Type.String(), // with options and an instruction
  answer: Type.String(),
  image_path: Type.String(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "realworldqa",
  version: 1,
  about: "Spatial questions on photographs from cars and streets (xAI 2024).",
  cite: "https://x.ai/news/grok-1.5v; scoring follows lmms-eval 0.7.2 realworldqa/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/RealWorldQA", "lmms-lab/RealWorldQA"],
      split: "test",
      rows: 765,
      licence: "cc-by-nd-4.0",
      labelled: true,
    },
  },
  row,
  id: ({ image_path }) => image_path,
  prompt: ({ image, question }) => userPrompt(image, question.trim()),
  generation: { maxNewTokens: 16, temperature: 0 },
  score({ answer }, output) {
    const text = stripReasoning(output.text);
    return rightOrWrong(realWorldQaCorrect(text, answer), text, answer);
  },
  metrics: [mean("accuracy")],
});
