import {
  defineTask,
  LETTER_DIRECTLY,
  mean,
  rowDigest,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { vsiAverage } from "./average.js";
import { numberTypes, vsiHasReference, vsiScore } from "./score.js";

const row = Type.Object({
  id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  dataset: Type.String(), // arkitscenes, scannet, scannetpp
  scene_name: Video(), // "41069025" for arkitscenes/41069025.mp4
  question_type: Type.String(),
  question: Type.String(),
  options: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])), // "A. bed"
  ground_truth: Type.String(), // a letter, or a number
});
type Row = Static<typeof row>;

const shortly: Readonly<Record<string, string>> = {
  default: "Please answer the question using a single word or phrase.",
  gemini_api: "Do not response anything other than a single number!",
  gpt4v: "Do not response anything other than a single number!",
  vlmevalkit: "Answer briefly and directly in one float number.",
};

function words({ question_type: type, question, options }: Row, profile: string): string {
  const before = `These are frames of a video.\n${question}\n`;
  if ((numberTypes as readonly string[]).includes(type)) return before + shortly[profile];
  const header = profile === "vlmevalkit" ? "" : "Options:\n";
  return `${before}${header}${(options ?? []).join("\n")}\n${LETTER_DIRECTLY}`;
}

const task = (name: string, config: string, about: string): Task<Row> => ({
  name,
  version: 1,
  about: `${about} (Yang et al. 2024).`,
  cite: "https://arxiv.org/abs/2412.14171; official scoring follows vision-x-nyu/thinking-in-space: the first word is the number; lmms-eval vsibench/utils.py: the first number anywhere",
  splits: {
    test: {
      sources: ["nyu-visionx/VSI-Bench"],
      ...{ configs: [config], split: "test", licence: "apache-2.0", answers: "public" },
    },
  },
  row,
  id: ({ id, dataset, scene_name, question_type, question }) =>
    id === undefined ? rowDigest(dataset, scene_name.path, question_type, question) : String(id),
  imageKey: ({ dataset, scene_name }) => `${dataset}/${scene_name.path}`,
  profiles: ["default", "gemini_api", "gpt4v", "vlmevalkit"],
  prompt: (row, profile) =>
    userPrompt(row.scene_name.named(`${row.dataset}/${row.scene_name.path}`), words(row, profile)),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: vsiHasReference,
  defects: {
    "lmms-eval": ['"1,000" is a 1'],
    vlmevalkit: ['"twenty-one" is a -1', 'brackets around words ("[5 m]") have no number'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { vsibench_overall: "overall" } },
  score: vsiScore,
  metrics: [vsiAverage, mean("mean")],
  groups: { question_type: ({ question_type }) => question_type, dataset: ({ dataset }) => dataset },
});

export default [
  defineTask(task("vsibench", "full", "Sizes, distances, routes and order in filmed rooms; the mean over eight types")),
  defineTask(task("vsibench_debiased", "debiased", "VSI-Bench without the questions that can be answered blind")),
  defineTask(
    task("vsibench_pruned", "full", "VSI-Bench under the name that lmms-eval gives to the full set once more"),
  ),
];
