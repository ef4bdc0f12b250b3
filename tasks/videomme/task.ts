import { defineTask, isOptionLetter, mean, type Static, Type, userPrompt, Video } from "llava-eval";
import { profiles, videoMmeWords } from "./prompt.js";
import { videoMmeScore } from "./score.js";

const row = Type.Object({
  videoID: Video(), // "fFjv93ACGo8" for data/fFjv93ACGo8.mp4
  question_id: Type.String(), // "001-1"
  duration: Type.String(), // short, medium, long
  domain: Type.String(),
  sub_category: Type.String(),
  task_type: Type.String(),
  question: Type.String(),
  options: Type.Array(Type.String()), // "A. Apples."
  answer: Type.String(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "videomme",
  version: 1,
  about: "Three questions on each of 900 videos of up to an hour, without their subtitles (Fu et al. 2024).",
  cite: "https://arxiv.org/abs/2405.21075; official scoring follows the authors' eval_your_results.py as its copies have it: four of its phrases are broken, so `Best answer: C` is a B; lmms-eval videomme/utils.py, whose prompt speaks of subtitles that are not there",
  splits: {
    test: {
      sources: ["lmms-eval/Video-MME", "lmms-lab/Video-MME"],
      ...{ split: "test", rows: 2700, licence: "academic use only, in the authors' words", answers: "public" },
    },
  },
  row,
  id: ({ question_id }) => question_id,
  imageKey: ({ videoID }) => videoID.path,
  profiles,
  prompt: (row, profile) => userPrompt(row.videoID, videoMmeWords(row, profile)),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => isOptionLetter(answer, 4),
  scorings: ["vlmevalkit"],
  score: videoMmeScore,
  metrics: [mean("accuracy")],
  groups: {
    duration: ({ duration }) => duration,
    domain: ({ domain }) => domain,
    sub_category: ({ sub_category }) => sub_category,
    task_type: ({ task_type }) => task_type,
  },
});
