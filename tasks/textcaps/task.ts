import {
  CAPTION_REQUEST,
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  Nullable,
  type Static,
  strip,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  image_id: Type.String(),
  caption_str: Type.Optional(Nullable(Type.Array(Type.String()))), // five; none on the test split
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/TextCaps", "lmms-lab/TextCaps"], licence: "CC-BY-4.0" };

const textcaps: Task<Row> = {
  name: "textcaps",
  aliases: ["textcaps_val@val", "textcaps_test@test", "textcaps_val_lite@lite"],
  version: 1,
  about: "Captions that must read the text in the image, five references each (Sidorov et al. 2020).",
  cite: "https://arxiv.org/abs/2003.12462; metrics as in salaniz/pycocoevalcap",
  splits: {
    val: { ...split, split: "val", rows: 3166, answers: "public" },
    test: { ...split, split: "test", rows: 3289, answers: "secret" },
    lite: {
      ...split,
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["textcaps_val"],
      split: "lite",
      answers: "public",
    },
  },
  row,
  id: ({ image_id }) => image_id,
  prompt: ({ image }) => userPrompt(image, CAPTION_REQUEST),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: ({ caption_str }) => hasCaption(caption_str),
  defects: { "lmms-eval": ["the test split's captions are sent as lists of one (here: as texts)"] },
  score: ({ caption_str }, output) => captionScore(caption_str ?? [], output),
  answer: (_, output) => strip(output.text),
  metrics: captionMetrics(),
  submission: {
    file: "textcaps_captions_test2014_alg_results.json",
    entry: ({ image_id }, caption) => ({ image_id, caption }),
    schema: Type.Object({ image_id: Type.String(), caption: Type.String() }, { additionalProperties: false }),
  },
};

export default [
  defineTask(textcaps),
  // lmms-eval gives the training split no limit of its own, hence LLaVA's default.
  defineTask<Row>({
    ...textcaps,
    name: "textcaps_train",
    aliases: [],
    splits: { train: { ...split, split: "train", rows: 21_953, answers: "public" } },
    generation: { maxNewTokens: 1024, temperature: 0 },
  }),
];
