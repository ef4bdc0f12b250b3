import {
  CAPTION_REQUEST,
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  MODEL_PROFILES,
  Nullable,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  image_id: Type.Integer(),
  annotations_captions: Type.Optional(Nullable(Type.Array(Type.String()))), // ten; none on the test split
  // nocaps.org's annotations have it ("in-domain", "near-domain", "out-domain"), the Hub's copies do not.
  domain: Type.Optional(Nullable(Type.String())),
  image: Image(),
});
type Row = Static<typeof row>;

const split = { sources: ["lmms-lab-encoder/NoCaps", "lmms-lab/NoCaps"], licence: "CC-BY-2.0" };

export default defineTask<Row>({
  name: "nocaps",
  aliases: ["nocaps_val@val", "nocaps_test@test", "nocaps_val_lite@lite"],
  version: 1,
  about: "Captions of images with objects that COCO's captions do not name, ten references each (Agrawal et al. 2019).",
  cite: "https://arxiv.org/abs/1812.08658; metrics as in salaniz/pycocoevalcap; in-, near- and out-domain where the rows say which",
  splits: {
    val: { ...split, split: "validation", rows: 4500, answers: "public" },
    test: { ...split, split: "test", rows: 10_600, answers: "secret" },
    lite: {
      ...split,
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["nocaps_val"],
      split: "lite",
      answers: "public",
    },
  },
  row,
  id: ({ image_id }) => String(image_id),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.nocaps)],
  prompt: ({ image }, profile) =>
    userPrompt(image, MODEL_PROFILES.nocaps[profile]?.({ question: CAPTION_REQUEST }) ?? CAPTION_REQUEST),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: ({ annotations_captions }) => hasCaption(annotations_captions),
  score: ({ annotations_captions }, output) => captionScore(annotations_captions ?? [], output),
  answer: (_, output) => strip(output.text),
  metrics: captionMetrics({ perGroup: true }),
  groups: { domain: ({ domain }) => domain ?? undefined },
  submission: {
    file: "nocaps_captions_nocaps_test_alg_results.json",
    entry: ({ image_id }, caption) => ({ image_id, caption }),
    schema: Type.Object({ image_id: Type.Integer(), caption: Type.String() }, { additionalProperties: false }),
  },
});
