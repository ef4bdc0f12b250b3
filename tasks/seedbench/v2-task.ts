import {
  chosen,
  defineTask,
  Image,
  imagesAtMarks,
  isOptionLetter,
  LETTER_DIRECTLY,
  letteredOptions,
  lowestMeanLoss,
  mean,
  optionLetters,
  type Static,
  type Task,
  Type,
  vlmEvalKit,
} from "llava-eval";
import { choices, isImage, question } from "./question.js";
import { firstCharacter, firstCounts } from "./score.js";

const text = Type.String();
const row = Type.Object({
  ...question,
  data_type: text,
  data_id: Type.Array(text),
  level: Type.Optional(text),
  question_type_id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  image: Type.Array(Image()),
});
type Row = Static<typeof row>;

const generated: Task<Row> = {
  name: "seedbench_2",
  version: 1,
  about: "SEED-Bench with interleaved images and images as options, 27 dimensions (Li et al. 2023).",
  cite: "https://arxiv.org/abs/2311.17092; scoring follows lmms-eval seedbench_2/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/SEED-Bench-2", "lmms-lab/SEED-Bench-2"],
      split: "test",
      rows: 24_371,
      licence: "cc-by-nc-4.0",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "SEEDBench2" },
    rows: ({ index = "", A = "", B = "", C = "", D = "", category = "", image, ...cells }) => [
      {
        ...{ ...cells, question_id: index, choice_a: A, choice_b: B, choice_c: C, choice_d: D },
        ...{ data_type: category, data_id: [index], image: vlmEvalKit.listOf(image) },
      },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  imageKey: ({ data_id }) => data_id.join(" "),
  prompt: (row) => imagesAtMarks(row.image, `${withMarks(row)}\n${LETTER_DIRECTLY}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => isOptionLetter(answer, 4),
  defects: {
    official: [firstCounts],
    "lmms-eval": [
      firstCounts,
      '"<img>" in a question stays (here: the image stands there)',
      "it runs with three back ends alone (here: with any)",
    ],
  },
  score: ({ answer }, output) => chosen(firstCharacter(output.text), answer),
  metrics: [mean("accuracy")],
  groups: {
    data_type: ({ data_type }) => data_type.replaceAll(" ", "_"),
    level: ({ level }) => level,
    question_type: ({ question_type_id }) => (question_type_id === undefined ? undefined : String(question_type_id)),
  },
};

/** As the benchmark is published: the option's text with the lowest mean loss; rows with images as options are left out. */
const ranked: Task<Row> = {
  ...generated,
  name: "seedbench_2_ppl",
  about: "SEED-Bench-2 by log-likelihood, questions with text options only (Li et al. 2023).",
  expand: (row) => (choices(row).some(isImage) ? [] : [row]),
  prompt: (row) => imagesAtMarks(row.image, `${row.question.replaceAll("<img>", "<image>")} Answer :`),
  defects: {},
  choices: (row) => choices(row).map((choice) => ` ${choice}`),
  score: ({ answer }, output) => chosen(optionLetters(4)[lowestMeanLoss(output)], answer),
};

/** Its SEEDBench2: all images first. */
const withImages = vlmEvalKit.choices(generated, (row) => ({
  ...{ question: row.question, options: choices(row), gold: row.answer, images: row.image },
}));

export default [defineTask(withImages), defineTask(ranked)];

/** The words with `<image>` where lmms-eval means an image to stand. */
function withMarks(row: Row): string {
  const options = choices(row).map((choice) => (isImage(choice) ? "<image>" : choice));
  const words = `${row.question.replaceAll("<img>", "<image>")}\n${letteredOptions(options)}`;
  if (row.data_type !== "Image Generation") return words;
  return `${Array.from({ length: Math.max(0, row.data_id.length - 4) }, () => "<image>").join(" ")}\n${words}`;
}
