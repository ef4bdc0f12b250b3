import {
  defineTask,
  hasText,
  isOptionLetter,
  letteredOptions,
  type Metric,
  mean,
  Nullable,
  optionLetters,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { nextQaOpenScore, nextQaOptions, nextQaScore } from "./score.js";

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
const typeOf = ({ type }: { readonly type?: string | undefined }) => (type === "TP" ? "TN" : type);

const choice = defineTask<Row>({
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
  options: { in: ["a0", "a1", "a2", "a3", "a4"], right: "answer", as: "position" },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: (row) => isOptionLetter(optionLetters(5)[row.answer], nextQaOptions(row)),
  score: nextQaScore,
  metrics: [mean("accuracy")],
  groups: { type: typeOf, kind: (row) => typeOf(row)?.charAt(0) },
});

const openRow = Type.Object({
  video: Video(), // 4010069381
  qid: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  type: text, // CW, CH, TN, TC, TP, DC, DL, DO, DB
  ...{ question: text, answer: text },
  additional_ref_answer: Type.Optional(Nullable(text)), // of some rows: a second answer that counts
});
type OpenRow = Static<typeof openRow>;

/** The authors tag parts of speech first, with data that no package here has: their base forms of words were not to be had. */
function withOwnLemmas(metric: Metric): Metric {
  const note =
    "base forms of words by our own rules over WordNet 3.0, not by the authors' tagger: close to their number, not equal to it";
  return {
    ...metric,
    start(context) {
      const fold = metric.start(context);
      return { ...fold, add: (sample) => fold.add(sample), finish: async () => ({ ...(await fold.finish()), note }) };
    },
  };
}

const openSplit = (split: string) => ({
  sources: ["lmms-eval/NExTQA", "lmms-lab/NExTQA"],
  ...{ configs: ["OE"], split, licence: "MIT", answers: "public" as const },
});

const open = defineTask<OpenRow>({
  name: "nextqa_oe",
  aliases: ["nextqa_oe_test@test", "nextqa_oe_val@val"],
  version: 1,
  about: "The same in words of one's own, scored by how near they are in WordNet (WUPS; Xiao et al. 2021).",
  cite: "https://arxiv.org/abs/2105.08276; scoring follows doc-doc/NExT-OE metrics.py, as lmms-eval nextqa/utils.py does, but for the base forms of words",
  splits: { test: openSplit("test"), val: openSplit("validation") },
  row: openRow,
  id: ({ video, qid, question }) => (qid === undefined ? rowDigest(video.path, question) : `${video.path}-${qid}`),
  imageKey: ({ video }) => video.path,
  prompt: ({ video, question }) =>
    userPrompt(video, `${strip(question)}\nAnswer a question using a short phrase or sentence.`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  score: nextQaOpenScore,
  metrics: [withOwnLemmas(mean("wups", { of: "wups" })), mean("wups@0.9", { of: "wups@0.9" })],
  groups: { type: typeOf, kind: (row) => typeOf(row)?.charAt(0) },
});

export default [choice, open];
