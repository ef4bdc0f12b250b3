import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  meanOfGroups,
  rowDigest,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { relaxedScore } from "./score.js";

const row = Type.Object({
  type: Type.String(), // human_test, augmented_test
  question: Type.String(),
  answer: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

const half = ({ type }: Row) => (type === "human_test" ? "human" : "augmented");
const SINGLE_WORD = "Answer the question with a single word.";

const year = "a year within 5 % is right: 2011 for 2010";

const chartqa: Task<Row> = {
  name: "chartqa",
  aliases: ["chartqa_lite@lite"],
  version: 1,
  about: "Questions about charts, half written by people, half generated (Masry et al. 2022).",
  cite: "https://arxiv.org/abs/2203.10244; relaxed accuracy as in google-research/pix2struct metrics.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/ChartQA", "lmms-lab/ChartQA"],
      split: "test",
      rows: 2500,
      licence: "GPL-3.0",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["chartqa"],
      split: "lite",
      licence: "GPL-3.0",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "ChartQA_TEST" },
    rows: (cells) => [{ ...cells, type: cells.split === "test_human" ? "human_test" : "augmented_test" }],
  },
  row,
  // The rows carry no identifier.
  id: ({ type, question, answer, image }) => rowDigest(type, question, answer, image.path),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.chartqa)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.chartqa[profile]?.({ question }) ?? `${question}\n${SINGLE_WORD}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    official: [year],
    "lmms-eval": [year],
    vlmevalkit: [year],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { relaxed_overall: "Overall" } },
  score: ({ answer }, output, context) => relaxedScore(answer, output, context),
  // Papers print the mean of the two halves, which have 1,250 questions each.
  metrics: [mean("relaxed_overall"), meanOfGroups("mean_of_halves", { group: "half" })],
  groups: { half },
};

const reasoning = thoughts.form(chartqa, {
  name: "chartqa_reasoning",
  tags: "analysis",
  prompt: ({ image, question }) => userPrompt(image, strip(question)),
  gold: ({ answer }) => answer,
});

export default [defineTask(chartqa), defineTask(reasoning)];
