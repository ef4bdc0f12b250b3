import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  removePunctuation,
  type Static,
  type Task,
  Type,
  userPrompt,
  WORD_OR_PHRASE,
} from "llava-eval";
import { gqaScore } from "./score.js";

const row = Type.Object({
  id: Type.String(),
  imageId: Type.String(),
  question: Type.String(),
  answer: Type.String(),
  image: Image(), // from the images' configuration, by imageId
});
type Row = Static<typeof row>;

const sources = ["lmms-lab-encoder/GQA", "lmms-lab/GQA"];
const images = { config: "testdev_balanced_images", split: "testdev", column: "imageId", key: "id" };

const english: Task<Row> = {
  name: "gqa",
  aliases: ["gqa_lite@lite"],
  version: 2,
  about: "Compositional questions on scene graphs, one- or two-word answers (Hudson and Manning 2019).",
  cite: "https://arxiv.org/abs/1902.09506; official scoring: GQA eval.py after LLaVA's convert_gqa_for_eval.py (accuracy only)",
  splits: {
    testdev: {
      sources,
      configs: ["testdev_balanced_instructions"],
      split: "testdev",
      images,
      rows: 12_578,
      licence: "CC-BY-4.0",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["gqa"],
      split: "lite",
      images: { ...images, sources },
      licence: "CC-BY-4.0",
      answers: "public",
    },
  },
  tsv: {
    files: { testdev: "GQA_TestDev_Balanced" },
    rows: ({ index, ...cells }) => [{ ...cells, id: index, imageId: index }],
  },
  row,
  id: ({ id }) => id,
  imageKey: ({ imageId }) => imageId,
  profiles: ["default", ...Object.keys(MODEL_PROFILES.gqa)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.gqa[profile]?.({ question }) ?? `${question}\n${WORD_OR_PHRASE}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => hasText(removePunctuation(answer)), // of marks alone an empty reply would be right
  defects: { vlmevalkit: ['"yes." is wrong: no punctuation is taken away'] },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score: ({ answer }, output, context) => gqaScore(answer, output, context),
  metrics: [mean("accuracy")],
};

const { tsv: _tsv, scorings: _scorings, defects: _defects, reportedAs: _reportedAs, ...shared } = english;

const russian: Task<Row> = {
  ...shared,
  name: "gqa_ru",
  aliases: ["gqa-ru"],
  version: 1,
  about: "GQA's testdev questions in Russian, one-word answers (deepvk 2024, after Hudson and Manning 2019).",
  cite: "https://huggingface.co/datasets/deepvk/GQA-ru; the words are lmms-eval's; official scoring: GQA eval.py (accuracy only)",
  splits: {
    testdev: {
      sources: ["deepvk/GQA-ru"],
      configs: ["testdev_balanced_instructions"],
      split: "testdev",
      images,
      licence: "not stated",
      answers: "public",
    },
  },
  profiles: ["default"],
  prompt: ({ image, question }) => userPrompt(image, `${question}\nОтветь одним словом.`),
};

export default [defineTask(english), defineTask(russian)];
