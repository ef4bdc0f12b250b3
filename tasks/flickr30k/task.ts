import {
  CAPTION_REQUEST,
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({ img_id: Type.String(), caption: Type.Array(Type.String()), image: Image() });
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "flickr30k",
  aliases: ["flickr30k_test@test", "flickr30k_test_lite@lite"],
  version: 1,
  about:
    "Captions of Flickr images, five references each; all 31,783 images, not the 1,000 of other papers (Young et al. 2014).",
  cite: "https://aclanthology.org/Q14-1006; metrics as in salaniz/pycocoevalcap",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/flickr30k", "lmms-lab/flickr30k"],
      split: "test",
      rows: 31_783,
      licence: "non-commercial research (Flickr terms)",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["flickr30k_test"],
      split: "lite",
      licence: "non-commercial research (Flickr terms)",
      answers: "public",
    },
  },
  row,
  id: ({ img_id }) => img_id,
  prompt: ({ image }) => userPrompt(image, CAPTION_REQUEST),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: ({ caption }) => hasCaption(caption),
  score: ({ caption }, output) => captionScore(caption, output),
  metrics: captionMetrics(),
});
