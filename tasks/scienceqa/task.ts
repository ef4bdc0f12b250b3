import {
  defineTask,
  Image,
  LETTER_DIRECTLY,
  letteredOptions,
  MODEL_PROFILES,
  mean,
  Nullable,
  rightOrWrong,
  rowDigest,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { highestLikelihood, scienceQaScore } from "./score.js";

const row = Type.Object({
  question: Type.String(),
  choices: Type.Array(Type.String()),
  answer: Type.Integer(), // position of the right choice
  hint: Type.Optional(Nullable(Type.String())),
  subject: Type.Optional(Nullable(Type.String())),
  grade: Type.Optional(Nullable(Type.String())),
  image: Type.Optional(Nullable(Image())), // half of the questions have none
});
type Row = Static<typeof row>;

const letter = (position: number) => String.fromCharCode(65 + position);
const position = (name = "") => name.charCodeAt(0) - 65;

function words({ question, choices, hint }: Row, profile: string): string {
  const named = MODEL_PROFILES.scienceqa_img[profile]?.({ question, options: choices, hint });
  return named ?? `${hint ? `Context: ${hint}\n` : ""}${question}\n${letteredOptions(choices)}\n${LETTER_DIRECTLY}`;
}

const split = {
  sources: ["lmms-lab-encoder/ScienceQA", "lmms-lab/ScienceQA"],
  split: "test",
  licence: "CC-BY-NC-SA-4.0",
  answers: "public",
} as const;
const all = { test: { ...split, configs: ["ScienceQA-FULL"], rows: 4241 } };
const withImage = { test: { ...split, configs: ["ScienceQA-IMG"], rows: 2017 } };

const scienceqa: Task<Row> = {
  name: "scienceqa",
  version: 1,
  about: "School science questions with two to five choices, half of them with an image (Lu et al. 2022).",
  cite: "https://arxiv.org/abs/2209.09513; official scoring follows haotian-liu/LLaVA llava/eval/eval_science_qa.py",
  splits: all,
  row,
  id: ({ question, choices, hint, image }) => rowDigest(question, ...choices, hint ?? "", image?.path),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.scienceqa)],
  prompt: (row, profile) => userPrompt(...(row.image ? [row.image] : []), words(row, profile)),
  options: { in: ["choices"], right: "answer", as: "position" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer, choices }) => answer >= 0 && answer < choices.length,
  score: ({ answer, choices }, output, context) => scienceQaScore(answer, choices.length, output, context),
  metrics: [mean("accuracy")],
  groups: {
    context: ({ image, hint }) => (image ? "image" : hint ? "text" : "none"),
    subject: ({ subject }) => subject ?? undefined,
    grade: ({ grade }) => grade ?? undefined,
  },
};

/** The options' letters compared by likelihood after the same words. */
const likelihood = (task: Task<Row>): Task<Row> => ({
  ...task,
  name: `${task.name}_ppl`,
  about: `${task.about} The letter with the highest likelihood counts.`,
  choices: ({ choices }) => choices.map((_, i) => letter(i)),
  score: ({ answer }, output) => {
    const best = highestLikelihood(output);
    return rightOrWrong(best === answer, letter(best), letter(answer));
  },
});

const image: Task<Row> = {
  ...scienceqa,
  name: "scienceqa_img",
  about: "The ScienceQA questions that have an image (Lu et al. 2022).",
  splits: withImage,
  tsv: {
    files: { test: "ScienceQA_TEST" },
    rows: (cells) => [
      { ...cells, choices: vlmEvalKit.optionsOf(cells), answer: position(cells.answer), subject: cells.category },
    ],
  },
  profiles: ["default", ...Object.keys(MODEL_PROFILES.scienceqa_img)],
};

/** Its ScienceQA_TEST, whose questions all have an image. */
const asked = (task: Task<Row>) =>
  defineTask(
    vlmEvalKit.choices(task, ({ question, choices, answer, hint, image: shown }) => ({
      ...{ question, options: choices, gold: letter(answer), hint, images: shown ? [shown] : [] },
    })),
  );

export default [
  asked({ ...scienceqa, reportedAs: { vlmevalkit: {} } }),
  asked(image),
  defineTask(likelihood(scienceqa)),
  defineTask(likelihood(image)),
];
