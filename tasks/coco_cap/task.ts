import {
  CAPTION_REQUEST,
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  Nullable,
  parseIntPython,
  type Split,
  type Static,
  strip,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";

const row = Type.Object({
  question_id: Type.String(), // the file's name: COCO_val2014_000000391895.jpg, 000000179765.jpg
  answer: Type.Optional(Nullable(Type.Array(Type.String()))), // five captions; none on the test splits
  image: Image(),
});
type Row = Static<typeof row>;

/** COCO's number of the image: the digits at the end of the file's name. */
const imageId = ({ question_id }: Row) =>
  parseIntPython(question_id.split("_").at(-1)?.split(".")[0] ?? "") ?? Number.NaN;

const DESCRIBE =
  'Please describe this image in general. Directly provide the description, do not include prefix like "This image depicts". ';
const split = { licence: "CC-BY-4.0", answers: "public" } as const;
const coco2014 = ["lmms-lab-encoder/COCO-Caption", "lmms-lab/COCO-Caption"];
const coco2017 = ["lmms-lab-encoder/COCO-Caption2017", "lmms-lab/COCO-Caption2017"];
const lite: Split = {
  ...split,
  sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
  configs: ["coco2017_cap_val"],
  split: "lite",
};

const captions: Omit<Task<Row>, "name" | "splits"> = {
  version: 1,
  about: "One-sentence captions of COCO images, five references each (Chen et al. 2015).",
  cite: "https://arxiv.org/abs/1504.00325; metrics as in tylin/coco-caption and salaniz/pycocoevalcap",
  row,
  id: ({ question_id }) => question_id,
  profiles: ["default", "vlmevalkit"],
  prompt: ({ image }, profile) => userPrompt(image, profile === "vlmevalkit" ? DESCRIBE : CAPTION_REQUEST),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: ({ answer }) => hasCaption(answer),
  defects: {
    "lmms-eval": ["a line break in a caption shifts those behind it (here: it does not)"],
    vlmevalkit: ["no tokenizer: case and punctuation count; METEOR and SPICE are absent"],
  },
  scorings: ["vlmevalkit"], // it writes the same times 100
  reportedAs: {
    vlmevalkit: {
      ...{ CIDEr: "CIDEr", ROUGE_L: "ROUGE_L" },
      ...{ Bleu_1: "Bleu[0]", Bleu_2: "Bleu[1]", Bleu_3: "Bleu[2]", Bleu_4: "Bleu[3]" }, // a list
    },
  },
  score: ({ answer }, output) => captionScore(answer ?? [], output),
  answer: (_, output) => strip(output.text),
  metrics: captionMetrics(),
};

/** The test splits have no public references and twice the tokens. */
const test = (name: string, sources: readonly string[], rows: number): Task<Row> => ({
  ...captions,
  name,
  splits: { test: { ...split, sources, split: "test", rows, answers: "secret" } },
  profiles: ["default"],
  defects: { "lmms-eval": ["a caption is sent as a list of one (here: as text)"] },
  scorings: [],
  reportedAs: {},
  generation: { maxNewTokens: 128, temperature: 0 },
  submission: {
    file: "coco_captions_test2014_alg_results.json", // the server's name for both years
    entry: (row, caption) => ({ image_id: imageId(row), caption }),
    schema: Type.Object({ image_id: Type.Integer(), caption: Type.String() }, { additionalProperties: false }),
  },
});

export default [
  defineTask<Row>({
    ...captions,
    name: "coco2017_cap",
    aliases: ["coco2017_cap_val@val", "coco2017_cap_val_lite@lite"],
    splits: { val: { ...split, sources: coco2017, split: "val", rows: 5000 }, lite },
  }),
  defineTask<Row>({
    ...captions,
    name: "coco2014_cap",
    aliases: ["coco2014_cap_val@val"],
    splits: { val: { ...split, sources: coco2014, split: "val", rows: 40_504 } },
    tsv: {
      files: { val: "COCO_VAL" },
      rows: ({ index = "", answer, ...cells }) => [
        { ...cells, question_id: cells.image_path || index, answer: vlmEvalKit.listOf(answer) },
      ],
    },
  }),
  defineTask(test("coco2014_cap_test", coco2014, 40_775)),
  defineTask(test("coco2017_cap_test", coco2017, 40_670)),
];
