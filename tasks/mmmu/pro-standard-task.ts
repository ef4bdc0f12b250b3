import {
  defineTask,
  imageColumns,
  ListText,
  letteredOptions,
  MODEL_PROFILES,
  mean,
  parseStringList,
  type TaggedRow,
  type Task,
  Type,
  thoughts,
  vlmEvalKit,
} from "llava-eval";
import { imagesAtTags, imagesFirst, imagesInPlace, imagesOf } from "./images.js";
import { VLMEVALKIT_DIRECT, VLMEVALKIT_REASONING, vlmEvalKitWords } from "./prompt.js";
import { domainOf, mmmuHasReference, mmmuProScore, vlmEvalKitTail } from "./score.js";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  options: ListText(),
  answer: Type.String(),
  subject: Type.String(),
  ...imageColumns(7),
});
type Row = TaggedRow & { id: string; question: string; options: string; answer: string; subject: string };

const DIRECT = "Answer with the option letter from the given choices directly.";
const LAST_LINE =
  "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options. Think step by step before answering.";
const split = {
  sources: ["MMMU/MMMU_Pro"],
  split: "test",
  rows: 1730,
  licence: "apache-2.0",
  answers: "public",
} as const;

/** VLMEvalKit's file; its images are one, or a list of them. */
function tsvRows({ index, category = "", image, ...cells }: Readonly<Record<string, string>>) {
  const images = Object.fromEntries(vlmEvalKit.listOf(image).map((one, i) => [`image_${i + 1}`, one]));
  const options = JSON.stringify(vlmEvalKit.optionsOf(cells));
  return [{ id: index, subject: category, ...cells, ...images, options }];
}

const direct: Task<Row> = {
  name: "mmmu_pro_standard",
  version: 1,
  about: "MMMU questions that text alone does not answer, with up to ten options (Yue et al. 2024).",
  cite: "https://arxiv.org/abs/2409.02813; official scoring follows MMMU-Benchmark/MMMU mmmu-pro/evaluate.py",
  splits: {
    test: { ...split, configs: ["standard (10 options)"] },
    test4: { ...split, configs: ["standard (4 options)"] },
  },
  tsv: { files: { test: "MMMU_Pro_10c" }, rows: tsvRows },
  row,
  id: ({ id }) => id,
  profiles: ["default", "interleaved", ...Object.keys(MODEL_PROFILES.mmmu_pro)],
  prompt(row, profile) {
    const options = parseStringList(row.options);
    const named = MODEL_PROFILES.mmmu_pro[profile]?.({ question: row.question, options });
    const words = named ?? `${row.question}\n${letteredOptions(options)}\n\n${DIRECT}`;
    return profile === "interleaved" ? imagesInPlace(row, words) : imagesFirst(row, words);
  },
  options: { in: ["options"], right: "answer", as: "letter" },
  generation: { maxNewTokens: 256, temperature: 0 },
  hasReference: (row) => mmmuHasReference(row),
  score: (row, output, context) => mmmuProScore(row, output, context, false),
  metrics: [mean("accuracy")],
  groups: { domain: ({ subject }) => domainOf(subject), subject: ({ subject }) => subject },
};

const reasoning: Task<Row> = {
  ...direct,
  name: "mmmu_pro_standard_cot",
  about: `${direct.about.slice(0, -1)}; with reasoning before the answer.`,
  profiles: ["default", "official"],
  prompt(row, profile) {
    const which = profile === "official" ? "preceding" : "following"; // lmms-eval changed the word
    const words = `Answer the ${which} multiple choice question. ${LAST_LINE}`;
    return imagesFirst(row, `${row.question}\n${letteredOptions(parseStringList(row.options))}\n\n${words}`);
  },
  generation: { maxNewTokens: 16_384, temperature: 0 },
};

/** Its MMMU_Pro_10c and _COT, which keep the data set's own words for every model. */
const asked = (task: Task<Row>, last: string, answer?: (text: string) => string) =>
  defineTask(
    vlmEvalKit.choices(
      task,
      (row) => ({
        ...{ question: row.question, options: parseStringList(row.options), gold: row.answer, images: imagesOf(row) },
      }),
      {
        prompt: ({ images, question, options }) => imagesAtTags(images, vlmEvalKitWords(question, options, last)),
        ...(answer ? { answer } : {}),
      },
    ),
  );

const tagged = thoughts.form(direct, {
  name: "mmmu_pro_standard_cot_reasoning",
  tags: "think",
  prompt: (row) => imagesInPlace(row, `${row.question}\n${letteredOptions(parseStringList(row.options))}\n\n`),
  gold: ({ answer }) => answer,
});

export default [
  asked(direct, VLMEVALKIT_DIRECT),
  asked(reasoning, VLMEVALKIT_REASONING, vlmEvalKitTail),
  defineTask(tagged),
];
