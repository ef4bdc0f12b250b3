import {
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  Nullable,
  type Split,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  filename: Type.String(), // COCO_val2014_000000391895.jpg
  sentences: Type.Optional(Nullable(Type.Array(Type.String()))),
  image: Image(), // its rows have an address each; by the file's name from COCO's val2014, or from a copy with images
});
type Row = Static<typeof row>;

const split = {
  ...{ sources: ["yerevann/coco-karpathy"], rows: 5000, licence: "CC-BY-4.0", answers: "public" },
  images: {
    sources: ["lmms-lab-encoder/COCO-Caption", "lmms-lab/COCO-Caption"],
    split: "val",
    folder: "val2014",
    column: "filename",
    key: "question_id",
  },
} satisfies Omit<Split, "split">;

/** The split that captioners are compared on. */
export default defineTask<Row>({
  name: "coco_karpathy",
  aliases: ["coco_karpathy_val@val", "coco_karpathy_test@test"],
  version: 1,
  about:
    "Captions of COCO images in the split of image-text retrieval, five references each (Karpathy and Fei-Fei 2015).",
  cite: "https://arxiv.org/abs/1412.2306; scoring follows lmms-eval coco_cap/utils.py, which is salaniz/pycocoevalcap's",
  splits: { val: { ...split, split: "validation" }, test: { ...split, split: "test" } },
  row,
  id: ({ filename }) => filename,
  prompt: ({ image }) => userPrompt(image, "Describe the image briefly."),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: ({ sentences }) => hasCaption(sentences),
  defects: {
    "lmms-eval": [
      "a line break in a caption shifts those behind it (here: it does not)",
      "each image is fetched from its address, once, and a failed one ends the run (here: from a folder or a copy)",
    ],
  },
  score: ({ sentences }, output) => captionScore(sentences ?? [], output),
  metrics: captionMetrics(),
});
