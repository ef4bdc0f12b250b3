import {
  bracketedOptions,
  defineTask,
  isOptionLetter,
  mean,
  rowDigest,
  type Static,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { lvbenchScore } from "./score.js";

const row = Type.Object({
  video_path: Video(), // "Cm73ma6Ibcs.mp4"
  uid: Type.Optional(Type.String()),
  question: Type.String(), // with its options "(A) ...", but where `options` has them
  options: Type.Optional(Type.Array(Type.String())),
  answer: Type.String(),
  question_type: Type.Optional(Type.Array(Type.String())), // "entity recognition", ...; a question may have several
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "lvbench",
  version: 1,
  about: "Questions on 103 videos of more than half an hour (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2406.08035; scoring follows lmms-eval lvbench/utils.py",
  splits: {
    train: {
      sources: ["lmms-eval/LVBench", "lmms-lab/LVBench"],
      ...{ split: "train", rows: 1549, licence: "cc-by-nc-sa-4.0", answers: "public" },
    },
  },
  row,
  id: ({ uid, video_path, question }) => uid ?? rowDigest(video_path.path, question),
  imageKey: ({ video_path }) => video_path.path,
  prompt: ({ video_path, question, options = [] }) =>
    userPrompt(
      video_path,
      `${options.length === 0 ? question : `${question}\n${bracketedOptions(options).trimEnd()}`}\nAnswer the question with the option letter`,
    ),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer, question, options = [] }) =>
    isOptionLetter(answer, 4, options.length === 0 ? question : "") &&
    (options.length === 0 || isOptionLetter(answer, options)),
  score: lvbenchScore,
  metrics: [mean("accuracy")],
});
