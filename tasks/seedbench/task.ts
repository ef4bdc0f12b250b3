import {
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  LETTER_DIRECTLY,
  letteredOptions,
  lowestMeanLoss,
  mean,
  meanOfGroups,
  optionLetters,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { choices, question } from "./question.js";
import { firstCharacter, firstCounts } from "./score.js";

const row = Type.Object({
  ...question,
  data_type: Type.Enum(["image", "video"]),
  data_id: Type.String(),
  question_type_id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  image: Type.Array(Image()), // frames of a video
});
type Row = Static<typeof row>;

const wordsOf = (row: Row): string => `${row.question}\n${letteredOptions(choices(row))}\n${LETTER_DIRECTLY}`;

const generated: Task<Row> = {
  name: "seedbench",
  aliases: ["seedbench_lite@lite"],
  version: 1,
  about: "Multiple choice on images and video frames, twelve dimensions; the first character counts (Li et al. 2023).",
  cite: "https://arxiv.org/abs/2307.16125; scoring follows lmms-eval seedbench/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/SEED-Bench", "lmms-lab/SEED-Bench"],
      split: "test",
      rows: 17_990,
      licence: "cc-by-nc-4.0",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["seedbench"],
      split: "lite",
      licence: "cc-by-nc-4.0",
      answers: "public",
    },
  },
  row,
  tsv: {
    files: { test: "SEEDBench_IMG" }, // its questions about images alone
    rows: ({ index, A, B, C, D, image = "", category, ...cells }) => [
      {
        ...{ ...cells, question_id: index, choice_a: A, choice_b: B, choice_c: C, choice_d: D },
        ...{ data_type: "image", data_id: index, question_type_id: category, image: [image] },
      },
    ],
  },
  id: ({ question_id }) => String(question_id),
  imageKey: ({ data_type, data_id }) => `${data_type} ${data_id}`,
  prompt: (row) => userPrompt(...row.image, wordsOf(row)),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer }) => isOptionLetter(answer.trim().toUpperCase(), 4),
  defects: { "lmms-eval": [firstCounts] },
  score(row, output) {
    const letter = firstCharacter(output.text).toUpperCase();
    return chosen(letter, row.answer.trim().toUpperCase());
  },
  metrics: [mean("accuracy")],
  groups: {
    data_type: ({ data_type }) => data_type,
    question_type: ({ question_type_id }) => (question_type_id === undefined ? undefined : String(question_type_id)),
  },
};

/** As the benchmark is published: the option's text with the lowest mean loss. */
const ranked: Task<Row> = {
  ...generated,
  name: "seedbench_ppl",
  aliases: [],
  about: "SEED-Bench by log-likelihood: the option with the lowest mean loss per token (Li et al. 2023).",
  cite: "https://arxiv.org/abs/2307.16125; official ranking, as in AILab-CVPR/SEED-Bench eval.py",
  prompt: (row) => userPrompt(...row.image, `${row.question} Answer :`),
  defects: {},
  choices: (row) => choices(row).map((choice) => ` ${choice}`),
  score: (row, output) => chosen(optionLetters(4)[lowestMeanLoss(output)], row.answer.trim().toUpperCase()),
};

/** Its SEEDBench_IMG has no videos: its number is that of the questions about images. */
const withImages = vlmEvalKit.choices(
  {
    ...generated,
    metrics: [
      ...generated.metrics,
      meanOfGroups("accuracy_image", { group: "data_type", weights: { image: 1 }, perGroup: false }),
    ],
    reportedAs: { vlmevalkit: { accuracy_image: "Overall" } },
  },
  (row) => ({
    ...{ question: row.question, options: choices(row), gold: row.answer.trim().toUpperCase(), images: row.image },
  }),
);

// Ranked, options are texts without a place.
const options = { in: ["choice_a", "choice_b", "choice_c", "choice_d"], right: "answer", as: "letter" } as const;

const reasoning = thoughts.form(generated, {
  name: "seedbench_reasoning",
  tags: "analysis",
  prompt: (row) => userPrompt(...row.image, strip(wordsOf(row))),
  gold: ({ answer }) => answer,
});

export default [defineTask({ ...withImages, options }), defineTask(ranked), defineTask(reasoning)];
