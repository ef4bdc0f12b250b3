import {
  chosen,
  defineTask,
  Image,
  inferChoice,
  isOptionLetter,
  mean,
  type Part,
  type Prompt,
  type Split,
  type Static,
  strip,
  Type,
  vlmEvalKit,
} from "llava-eval";
import { mindCubeLetter, mindCubeSetting } from "./score.js";

const row = Type.Object({
  id: Type.String(), // "among_group690_q1_1_2"
  images: Type.Array(Image()),
  input_prompt: Type.String(), // instruction, question and options, with `<image>` marks
  gt_answer: Type.String(),
  vlmevalkit_category: Type.Optional(Type.String()), // of its files: the setting
});
type Row = Static<typeof row>;

const SETTINGS = ["among", "around", "rotation"];
const split = { sources: ["oscarqjh/MindCube_lmmseval"], licence: "not stated", answers: "public" } as const;
const splitsOf = (size: string): readonly (readonly [string, Split])[] => [
  [size, { ...split, configs: [size], split: "combined" }],
  ...SETTINGS.map((name) => {
    // VLMEvalKit's file has all settings.
    const reportedAs = { vlmevalkit: { accuracy: `${name}_accuracy` } };
    return [`${size}_${name}`, { ...split, configs: [size], split: name, reportedAs }] as const;
  }),
];
const splits = Object.fromEntries([...splitsOf("full"), ...splitsOf("tiny")]);

/** Each image at its mark, the words between without outer blanks; an image without a mark is not sent, nor a mark without an image. */
function interleaved({ images, input_prompt: words }: Row): Prompt {
  const pieces = words.split("<image>");
  const parts = pieces.flatMap((piece, i): Part[] => {
    const text = strip(piece);
    const image = i < pieces.length - 1 ? images[i] : undefined;
    return [
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...(image ? [{ type: "image" as const, image }] : []),
    ];
  });
  return { messages: [{ role: "user", parts }] };
}

/** Of VLMEvalKit's files; an image that is no base64 text is a file of MLL-Lab/MindCube as it is unpacked. */
function imagesIn({ image, image_path: path }: Readonly<Record<string, string>>): readonly string[] {
  return image === path ? vlmEvalKit.listOf(path).map((name) => name.replace(/^\/+/, "")) : vlmEvalKit.listOf(image);
}

const tsvFiles = (size: string, name: string) =>
  Object.fromEntries([size, ...SETTINGS.map((setting) => `${size}_${setting}`)].map((split) => [split, name]));

const stopped = 'the last letter before a full stop counts: "vitamin D." is a D';

export default defineTask<Row>({
  name: "mindcube",
  aliases: Object.keys(splits).map((name) => `mindcube_${name}@${name}`),
  version: 1,
  about: "A space seen from a few places, asked about from others (Yin et al. 2025).",
  cite: "https://arxiv.org/abs/2506.21458; both scorings are the authors' extractor, as in lmms-eval mindcube/utils.py; VLMEvalKit's files name images of MLL-Lab/MindCube's archive: unpack it into the folder of --data",
  splits,
  tsv: {
    files: { ...tsvFiles("full", "MindCubeBench_raw_qa"), ...tsvFiles("tiny", "MindCubeBench_tiny_raw_qa") },
    // A split of a setting is that part of the file.
    rows(cells, split) {
      const { index, id = index, answer, category = "" } = cells;
      if (split.includes("_") && !split.endsWith(`_${category}`)) return [];
      return [{ ...cells, id, images: imagesIn(cells), gt_answer: answer, vlmevalkit_category: category }];
    },
  },
  row,
  id: ({ id }) => id,
  cluster: ({ id }) => id.replace(/_\d+$/, ""),
  prompt: interleaved,
  generation: { maxNewTokens: 4096, temperature: 0 },
  hasReference: ({ gt_answer, input_prompt: words }) => isOptionLetter(gt_answer, 5, words),
  defects: {
    official: [stopped],
    "lmms-eval": [stopped],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "overall" } },
  score({ gt_answer }, { text }, { scoring }) {
    return chosen(scoring === "vlmevalkit" ? inferChoice(text, {}, "easi") : mindCubeLetter(text), gt_answer);
  },
  metrics: [mean("accuracy")],
  groups: { setting: ({ id, vlmevalkit_category: category }) => category || mindCubeSetting(id) },
});
