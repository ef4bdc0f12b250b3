import {
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  mean,
  type Part,
  type Static,
  strip,
  Type,
  upper,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { mmsiLetter } from "./score.js";

const row = Type.Object({
  id: Type.Union([Type.Integer(), Type.String()]),
  images: Type.Array(Image()), // the bytes themselves
  question_type: Type.String(), // "Positional Relationship (Obj.–Obj.)"
  question: Type.String(), // with its options: "... Options: A: ..., B: ..."
  answer: Type.String(),
});
type Row = Static<typeof row>;

const REQUEST =
  "\nAnswer with the option's letter from the given choices directly. Enclose the option's letter within ``.";
const goldOf = ({ answer }: Row): string => upper(strip(answer));

/** VLMEvalKit's file has them in columns. */
const optionsIn = (cells: Readonly<Record<string, string>>): string =>
  [..."ABCDEF"].flatMap((letter) => (cells[letter] ? [`${letter}: ${cells[letter]}`] : [])).join(", ");

export default defineTask<Row>({
  name: "mmsi_bench",
  version: 1,
  about: "Where things and cameras are and move, from two to ten images of a scene (Yang et al. 2025).",
  cite: "https://arxiv.org/abs/2505.23764; official scoring follows the authors' extractor (A to D), lmms-eval mmsi_bench/utils.py (A to F, any case, braces)",
  splits: {
    test: { sources: ["RunsenXu/MMSI-Bench"], split: "test", rows: 1000, licence: "cc-by-4.0", answers: "public" },
  },
  tsv: {
    files: { test: "MMSIBench_wo_circular" },
    rows: ({ index, question = "", category = "", image = "", ...cells }) => [
      {
        ...{ id: index, question_type: category, ...cells, images: vlmEvalKit.listOf(image) },
        question: `${question}\nOptions: ${optionsIn(cells)}`,
      },
    ],
  },
  row,
  id: ({ id }) => String(id),
  profiles: ["default", "neo_ov", "vlmevalkit"],
  prompt({ images, question }, profile) {
    if (profile === "vlmevalkit") return userPrompt(...images, `${question}, ${REQUEST}`);
    const words: Part = { type: "text", text: strip(question) + REQUEST };
    const parts = images.flatMap((image, i): Part[] => {
      const part: Part = { type: "image", image };
      const numbered = profile === "neo_ov" && images.length > 1;
      return numbered ? [{ type: "text", text: `Image-${i + 1}: ` }, part] : [part];
    });
    return { messages: [{ role: "user", parts: [...parts, words] }] };
  },
  generation: { maxNewTokens: 2048, temperature: 0 },
  hasReference: (row) => isOptionLetter(goldOf(row), 6, row.question),
  defects: {
    "lmms-eval": ['small letters count: "It is a." is an A'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "overall" } },
  score: (row, { text }, { scoring }) => chosen(mmsiLetter(text, scoring), goldOf(row)),
  metrics: [mean("accuracy")],
  // Some copies of the rows write the names with a hyphen.
  groups: { question_type: ({ question_type }) => question_type.replace(/(?<=\.)-/, "–") },
});
