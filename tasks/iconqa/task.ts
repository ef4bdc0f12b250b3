import { defineTask, Image, letteredOptions, mean, Nullable, type Static, Type, userPrompt } from "llava-eval";
import { iconQaGold, iconQaScore } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  choices: Type.Optional(Nullable(Type.String())), // separated by commas
  answer: Type.String(),
  ques_type: Type.String(), // choose_img, choose_txt, fill_in_blank
  grade: Type.Optional(Nullable(Type.String())),
  query_image: Image(),
  choice_image_0: Type.Optional(Nullable(Image())),
  choice_image_1: Type.Optional(Nullable(Image())),
});
type Row = Static<typeof row>;

const split = {
  sources: ["lmms-lab-encoder/ICON-QA", "lmms-lab/ICON-QA"],
  licence: "CC-BY-NC-SA-4.0",
  answers: "public",
} as const;
const intro = "Given a set of images and a question, please provide the answer to the question.\n";

export default defineTask<Row>({
  name: "iconqa",
  aliases: ["iconqa_val@val", "iconqa_test@test"],
  version: 1,
  about: "Questions about abstract diagrams: choose an image, choose a text, fill in the blank (Lu et al. 2021).",
  cite: "https://arxiv.org/abs/2110.13214; accuracy as in lupantech/IconQA",
  splits: {
    val: { ...split, split: "val", rows: 21_488 },
    test: { ...split, split: "test", rows: 21_489 },
  },
  row,
  id: ({ question_id }) => String(question_id),
  prompt: (row) => {
    const images = [row.query_image, row.choice_image_0, row.choice_image_1].flatMap((image) => image ?? []);
    return userPrompt(...images, intro + words(row));
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: (row) => iconQaGold({ options: answers(row), answer: row.answer }) !== undefined,
  defects: {
    "lmms-eval": ['the reference is the word "answers": nearly always 0'],
  },
  score: (row, output, context) => iconQaScore({ options: answers(row), answer: row.answer }, output, context),
  metrics: [mean("accuracy", { of: "accuracy" }), mean("anls", { of: "anls" })],
  groups: { ques_type: ({ ques_type }) => ques_type, grade: ({ grade }) => grade ?? undefined },
});

/** What the options are called in the data, where the answer may name them. */
const answers = ({ ques_type, choices }: Row) => (ques_type === "fill_in_blank" ? [] : (choices ?? "").split(","));

function words(row: Row): string {
  if (row.ques_type === "fill_in_blank")
    return `Question: ${row.question}.\nPlease answer the question using a single word or phrase.`;
  const options = row.ques_type === "choose_img" ? ["The first image.", "The second image."] : answers(row);
  return `Question: ${row.question}.\nOptions:\n${letteredOptions(options)}\nPlease answer with the option letter from the given choices directly.`;
}
