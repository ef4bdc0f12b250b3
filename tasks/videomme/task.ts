import {
  defineTask,
  isOptionLetter,
  mean,
  type Static,
  type SubtitledVideo,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { profiles, subtitleBlock, subtitledProfiles, subtitledWords, videoMmeWords } from "./prompt.js";
import { videoMmeScore } from "./score.js";
import { allSubtitles, subtitlesAt, subtitlesOfFrames } from "./subtitles.js";

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

const plain: Task<Row> = {
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
  options: { in: ["options"], right: "answer", as: "letter" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer, options }) => isOptionLetter(answer, 4) && isOptionLetter(answer, options),
  defects: {
    official: ['four phrases are broken: "Best answer: C" is a B'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "overall" } },
  score: videoMmeScore,
  metrics: [mean("accuracy")],
  groups: {
    duration: ({ duration }) => duration,
    domain: ({ domain }) => domain,
    sub_category: ({ sub_category }) => sub_category,
    task_type: ({ task_type }) => task_type,
  },
};

/** Evenly spread frames whose subtitles lmms-eval shows, however many the model gets. */
const lmmsFrames: Readonly<Record<string, number>> = { llava_vid: 768, qwen3_vl: 768 };

function withSubtitles(video: Row["videoID"], profile: string): SubtitledVideo {
  const count = lmmsFrames[profile] ?? 32;
  const rules: Readonly<Record<string, string>> = { official: "of the frames shown", gemini_api: "all" };
  return {
    video,
    subtitles: {
      file: video.beside(`subtitle/${video.path}.srt`),
      rule: rules[profile] ?? `of ${count} frames, lmms-eval`,
      place(srt, { indices, times, total: frames, rate: fps }) {
        const shown = (file: string) => {
          if (profile === "official") return subtitlesAt(file, times);
          return profile === "gemini_api" ? allSubtitles(file) : subtitlesOfFrames(file, { fps, frames }, count);
        };
        return [...indices.keys(), subtitleBlock(srt === undefined ? undefined : shown(srt), profile)];
      },
    },
  };
}

const subtitled: Task<Row> = {
  ...plain,
  name: "videomme_w_subtitle",
  about: "Video-MME with the subtitles of the frames in its prompt (Fu et al. 2024).",
  cite: `${plain.cite}; lmms-eval shows the subtitles of 32 frames of its own (llava_vid, qwen3_vl: 768; gemini_api: all), in the order of a Python set, and only text in the mark of the benchmark's own files; the profile official shows those of the frames that are sent`,
  profiles: subtitledProfiles,
  prompt: (row, profile) => userPrompt(withSubtitles(row.videoID, profile), subtitledWords(row, profile)),
};

export default [
  defineTask(plain),
  defineTask(subtitled),
  defineTask<Row>({
    ...subtitled,
    name: "videomme_long_w_subtitle",
    // lmms-eval's task of that name has the subtitles, too.
    aliases: ["videomme_long"],
    about: "The long videos of Video-MME with the subtitles of the frames in its prompt (Fu et al. 2024).",
    reportedAs: { vlmevalkit: { accuracy: "overall of long" } },
    expand: (row) => (row.duration === "long" ? [row] : []),
  }),
];
