import {
  defineTask,
  isOptionLetter,
  letteredOptions,
  mean,
  optionLetters,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { nextQaOptions, nextQaScore } from "./score.js";

const text = Type.String();
const row = Type.Object({
  video: Video(), // 4010069381
  qid: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  type: Type.Optional(Type.String()), // CW, CH, TN, TC, TP, DC, DL, DO
  question: text,
  ...{ a0: text, a1: text, a2: text, a3: text, a4: text },
  answer: Type.Integer(), // position of the right one
});
type Row = Static<typeof row>;

/** The authors count "previous" questions with "next" ones. */
const typeOf = ({ type }: Row) => (type === "TP" ? "TN" : type);

export default defineTask<Row>({
  name: "nextqa_mc",
  aliases: ["nextqa_mc_test"],
  version: 1,
  about: "Why, how and when things happen in home videos, five options each (Xiao et al. 2021).",
  cite: "https://arxiv.org/abs/2105.08276; scoring follows lmms-eval nextqa/utils.py (MMMU's letter parser); groups as in the authors' eval_mc.py",
  splits: {
    test: {
      sources: ["lmms-eval/NExTQA", "lmms-lab/NExTQA"],
      ...{ configs: ["MC"], split: "test", licence: "MIT", answers: "public" },
    },
  },
  row,
  id: ({ video, qid, question }) => (qid === undefined ? rowDigest(video.path, question) : `${video.path}-${qid}`),
  imageKey: ({ video }) => video.path,
  prompt: (row) => userPrompt(row.video, `${strip(row.question)}\n${letteredOptions(nextQaOptions(row))}`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: (row) => isOptionLetter(optionLetters(5)[row.answer], nextQaOptions(row)),
  score: nextQaScore,
  metrics: [mean("accuracy")],
  groups: { type: typeOf, kind: (row) => typeOf(row)?.charAt(0) },
});
