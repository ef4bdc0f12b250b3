import {
  defineTask,
  Image,
  ListText,
  letteredOptions,
  MODEL_PROFILES,
  mean,
  parseStringList,
  type Static,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { vlmEvalKitVision } from "./prompt.js";
import { domainOf, mmmuHasReference, mmmuProScore, vlmEvalKitTail } from "./score.js";

const row = Type.Object({
  id: Type.String(),
  options: ListText(), // the question and the options are in the image
  answer: Type.String(),
  subject: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

const DIRECT = "Answer with the option letter from the given choices directly.";
const FORM =
  "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options.";

const direct: Task<Row> = {
  name: "mmmu_pro_vision",
  version: 1,
  about: "MMMU-Pro with question and options inside the image (Yue et al. 2024).",
  cite: "https://arxiv.org/abs/2409.02813; official scoring follows MMMU-Benchmark/MMMU mmmu-pro/evaluate.py",
  splits: {
    test: {
      sources: ["MMMU/MMMU_Pro"],
      configs: ["vision"],
      split: "test",
      rows: 1730,
      licence: "apache-2.0",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "MMMU_Pro_V" },
    rows: ({ index, category = "", ...cells }) => [
      { id: index, subject: category, ...cells, options: JSON.stringify(vlmEvalKit.optionsOf(cells)) },
    ],
  },
  row,
  id: ({ id }) => id,
  profiles: ["default", "official", ...Object.keys(MODEL_PROFILES.mmmu_pro)],
  prompt({ image, options }, profile) {
    if (profile === "official") return userPrompt(image, `${DIRECT} ${FORM}`);
    const question = "analyze the image and answer the associated question.";
    return userPrompt(
      image,
      MODEL_PROFILES.mmmu_pro[profile]?.({ question, options: parseStringList(options) }) ?? DIRECT,
    );
  },
  generation: { maxNewTokens: 256, temperature: 0 },
  hasReference: (row) => mmmuHasReference(row),
  defects: {
    "lmms-eval": ["the whole reply must be the letter"],
  },
  score: (row, output, context) => mmmuProScore(row, output, context, true),
  metrics: [mean("accuracy")],
  groups: { domain: ({ subject }) => domainOf(subject), subject: ({ subject }) => subject },
};

const reasoning: Task<Row> = {
  ...direct,
  name: "mmmu_pro_vision_cot",
  about: `${direct.about.slice(0, -1)}; with reasoning before the answer.`,
  profiles: ["default"],
  prompt: ({ image }) =>
    userPrompt(
      image,
      `Write out the multiple-choice question in the image and then solve it. ${FORM} Think step by step before answering.`,
    ),
  generation: { maxNewTokens: 16_384, temperature: 0 },
};

/** Its MMMU_Pro_V and _COT. */
const asked = (task: Task<Row>, reasons: boolean) =>
  defineTask(
    vlmEvalKit.choices(
      task,
      ({ options, answer, image }) => ({
        ...{ question: "", options: parseStringList(options), gold: answer, images: [image] },
      }),
      {
        prompt: ({ images }) => userPrompt(...images, vlmEvalKitVision(reasons)),
        ...(reasons ? { answer: vlmEvalKitTail } : {}),
      },
    ),
  );

const tagged = thoughts.form(direct, {
  name: "mmmu_pro_vision_cot_reasoning",
  tags: "think",
  // lmms-eval looks for the image's mark in the words, finds none, and sends them before the image and after it.
  prompt({ image, options }) {
    const words = `${letteredOptions(parseStringList(options))}\n\nAnswer the question in the image.`;
    return userPrompt(words, image, words);
  },
  gold: ({ answer }) => answer,
});

export default [asked(direct, false), asked(reasoning, true), defineTask(tagged)];
