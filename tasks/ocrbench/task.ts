import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  rightOrWrong,
  rowDigest,
  type Static,
  type Task,
  Type,
  thoughts,
  total,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { formulaDataset, ocrbenchHit } from "./score.js";

const FORMULA_QUESTIONS = "Handwritten Mathematical Expression Recognition";

const row = Type.Object({
  dataset: Type.String(),
  question: Type.String(),
  question_type: Type.String(),
  answer: Type.Array(Type.String()),
  image: Image(),
});
type Row = Static<typeof row>;

const contained = '"15" has a 5';

const ocrbench: Task<Row> = {
  name: "ocrbench",
  version: 2,
  about: "A thousand questions on text in images, from word reading to formulas; a point for each (Liu et al. 2024).",
  cite: "https://arxiv.org/abs/2305.07895; scoring follows Yuliang-Liu/MultimodalOCR OCRBench/example.py",
  splits: {
    test: { sources: ["echo840/OCRBench"], split: "test", rows: 1000, licence: "MIT", answers: "public" },
  },
  tsv: {
    files: { test: "OCRBench" },
    rows: ({ category, answer, ...cells }) => [
      { ...cells, question_type: category, answer: vlmEvalKit.listOf(answer) },
    ],
  },
  row,
  id: ({ dataset, question, answer, image }) => rowDigest(dataset, question, ...answer, image.path),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.ocrbench)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.ocrbench[profile]?.({ question: question.trim() }) ?? question.trim()),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    official: [contained],
    "lmms-eval": [contained, "its accuracy is of 1,000, however many were asked (here: of those)"],
    vlmevalkit: [contained, "Final Score Norm is of 1,000, however many were asked (here: of those)"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { ocrbench_score: "Final Score", ocrbench_accuracy: "Final Score Norm" } },
  score: ({ answer, dataset, question_type }, output, { scoring }) => {
    const text = output.text;
    // VLMEvalKit knows formulas by the kind of question, not by their set.
    if (scoring === "vlmevalkit") {
      const set = question_type === FORMULA_QUESTIONS ? formulaDataset : "";
      return rightOrWrong(ocrbenchHit(text, answer, set), text, answer);
    }
    return rightOrWrong(ocrbenchHit(text, answer, dataset, scoring === "lmms-eval"), text, answer);
  },
  metrics: [total("ocrbench_score"), mean("ocrbench_accuracy")],
  groups: { question_type: ({ question_type }) => question_type, dataset: ({ dataset }) => dataset },
};

const reasoning = thoughts.form(ocrbench, {
  name: "ocrbench_reasoning",
  tags: "analysis",
  prompt: ({ image, question }) => userPrompt(image, question.trim()),
});

export default [defineTask(ocrbench), defineTask(reasoning)];
