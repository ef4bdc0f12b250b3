import {
  defineTask,
  Image,
  mean,
  meanOfGroups,
  Nullable,
  rightOrWrong,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { type Pair, pairsOf } from "./pairs.js";
import { mtvqaCorrect, mtvqaTarget } from "./score.js";

const row = Type.Object({
  id: Type.Optional(Nullable(Type.Union([Type.String(), Type.Integer()]))),
  image: Image(),
  lang: Type.String(), // AR, DE, FR, IT, JA, KO, RU, TH, VI
  qa_pairs: Type.Array(Type.Unknown()), // as Python prints it: "[{'question': ..., 'answer': ...}]"
});
/** One question about the image. */
type Row = Static<typeof row> & { pair?: Pair; number?: number };

const pairOf = ({ pair = { question: "", answer: "" } }: Row): Pair => pair;

export default defineTask<Row>({
  name: "mtvqa",
  version: 1,
  about: "Text in images in nine languages, asked about in the same language (Tang et al. 2024).",
  cite: "https://arxiv.org/abs/2405.11985; official scoring follows bytedance/MTVQA (mean of the languages), lmms-eval mtvqa/utils.py (mean of the questions)",
  splits: {
    test: { sources: ["ByteDance/MTVQA"], split: "test", licence: "cc-by-nc-4.0", answers: "public" },
  },
  tsv: {
    files: { test: "MTVQA_TEST" },
    rows: ({ index, category, question, answer, ...cells }) => [
      { ...cells, id: index, lang: category, qa_pairs: [{ question, answer }] },
    ],
  },
  row,
  expand: (row) => pairsOf(row.qa_pairs).map((pair, number) => ({ ...row, pair, number })),
  id: ({ id, image, number = 0 }) => `${id ?? image.path}_${number}`,
  imageKey: ({ id, image }) => String(id ?? image.path),
  prompt: (row) =>
    userPrompt(
      row.image,
      `${strip(pairOf(row).question)}\nAnswer the question using a word or phrase in the language of the question.`,
    ),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: (row) => mtvqaTarget(pairOf(row).answer, "lmms-eval") !== "", // an empty one would be in every reply
  defects: {
    official: ['a reference with a full stop, "3.5", is never met'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Average" } },
  score(row, { text }, { scoring }) {
    const { answer } = pairOf(row);
    return rightOrWrong(mtvqaCorrect(text, answer, scoring), strip(text), answer);
  },
  metrics: [meanOfGroups("average_of_languages", { group: "language", perGroup: false }), mean("accuracy")],
  groups: { language: ({ lang }) => lang },
});
