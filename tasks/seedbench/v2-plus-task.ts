import {
  chosen,
  defineTask,
  Image,
  inferChoice,
  isOptionLetter,
  LETTER_DIRECTLY,
  letteredOptions,
  lowestMeanLoss,
  mean,
  optionLetters,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { isImage } from "./question.js";
import { firstCharacter, firstCounts } from "./score.js";

const text = Type.String();
const row = Type.Object({
  question_id: Type.Union([text, Type.Integer()]),
  image: Image(),
  question: text,
  ...{ choice_A: text, choice_B: text, choice_C: text, choice_D: text },
  answer: text,
  question_image_type: text, // chart, map, web
});
type Row = Static<typeof row>;

const choices = ({ choice_A, choice_B, choice_C, choice_D }: Row) => [choice_A, choice_B, choice_C, choice_D];
const goldOf = ({ answer }: Row): string => answer.trim().toUpperCase();
/** lmms-eval means an image there and sends none. */
const withoutFileName = (choice: string): string => (isImage(choice) ? "<image>" : choice);

const wordsOf = (row: Row): string =>
  `${row.question}\n${letteredOptions(choices(row).map(withoutFileName))}\n${LETTER_DIRECTLY}`;

const generated: Task<Row> = {
  name: "seedbench_2_plus",
  version: 2,
  about: "Charts, maps and web pages full of text; the first character counts (Li et al. 2024).",
  cite: "https://arxiv.org/abs/2404.16790; scoring follows lmms-eval seedbench_2_plus/utils.py",
  splits: {
    test: {
      sources: ["doolayer/SEED-Bench-2-Plus"],
      split: "test",
      rows: 2277,
      licence: "not stated",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "SEEDBench2_Plus" },
    rows: ({ index, A, B, C, D, category = "", ...cells }) => [
      {
        ...{ ...cells, question_id: index, choice_A: A, choice_B: B, choice_C: C, choice_D: D },
        question_image_type: category,
      },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  profiles: ["default", "vlmevalkit"],
  prompt(row, profile) {
    const { image, question } = row;
    if (profile === "vlmevalkit") {
      const words = `Question: ${question}\nOptions:\n${letteredOptions(choices(row))}\n`;
      return userPrompt(image, `${words}Please select the correct answer from the options above. \n`);
    }
    return userPrompt(image, wordsOf(row));
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => isOptionLetter(goldOf(row), choices(row)),
  defects: {
    official: [firstCounts],
    "lmms-eval": [firstCounts, "an option that is a file's name is asked as <image>, and no image is sent"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score(row, { text }, { scoring }) {
    const options = Object.fromEntries(choices(row).map((choice, i) => [optionLetters(4)[i], choice]));
    const letter =
      scoring === "vlmevalkit" ? inferChoice(text, options, "vlmevalkit") : firstCharacter(text).toUpperCase();
    return chosen(letter, goldOf(row));
  },
  metrics: [mean("accuracy")],
  groups: { image_type: ({ question_image_type }) => question_image_type.toLowerCase() },
};

/** As the benchmark is published: the option's text with the lowest mean loss. */
const ranked: Task<Row> = {
  ...generated,
  name: "seedbench_2_plus_ppl",
  about: "SEED-Bench-2-Plus by log-likelihood: the option with the lowest mean loss per token (Li et al. 2024).",
  cite: "https://arxiv.org/abs/2404.16790; official ranking, as in AILab-CVPR/SEED-Bench SEED-Bench-2/eval.py",
  profiles: ["default"],
  defects: {},
  scorings: [],
  reportedAs: {},
  prompt: ({ image, question }) => userPrompt(image, `${question} Answer :`),
  choices: (row) => choices(row).map((choice) => ` ${choice}`),
  score: (row, output) => chosen(optionLetters(4)[lowestMeanLoss(output)], goldOf(row)),
};

// Ranked, options are texts without a place.
const options = { in: ["choice_A", "choice_B", "choice_C", "choice_D"], right: "answer", as: "letter" } as const;

const reasoning = thoughts.form(generated, {
  name: "seedbench_2_plus_reasoning",
  tags: "analysis",
  prompt: (row) => userPrompt(row.image, strip(wordsOf(row))),
  gold: ({ answer }) => answer,
});

export default [defineTask({ ...generated, options }), defineTask(ranked), defineTask(reasoning)];
