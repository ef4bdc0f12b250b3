import {
  defineTask,
  isOptionLetter,
  mean,
  Nullable,
  type Static,
  type SubtitledVideo,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { meanOfVideos } from "./group-score.js";
import { v2ReasoningWords, v2SubtitleBlock, v2SubtitledWords, v2Words } from "./prompt.js";
import { isInGroup, videoMmeV2Score } from "./score.js";
import { segmentsBetween, segmentsOf, wordsIn } from "./subtitles.js";

const head = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  video_id: Video(), // "001" for 001.mp4
  question_id: Type.String(), // "001-1"
  question: Type.String(),
  options: Type.String(), // "A. ..." to "H. ..." on eight lines
  answer: Type.String(),
  group_type: Type.String(), // relevance, logic
  group_structure: Type.Optional(Nullable(Type.String())), // "[1, [2, 3], 4]" of logic; relevance has no use for it
  level: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  second_head: head,
  third_head: head,
});
type Row = Static<typeof row>;

const anyLevel = (level: string) => (last: { readonly level: string }) => last.level === level;
const known = (value: unknown) => (value === null || value === undefined ? undefined : String(value));

const plain: Task<Row> = {
  name: "videomme_v2",
  version: 1,
  about: "Four questions on each of 800 videos, eight options each, scored together (Video-MME-v2, 2026).",
  cite: "https://github.com/MME-Benchmarks/Video-MME-v2; official scoring follows its evaluation/test_video_mme_v2.py, where an answer without a letter counts -1 in a relevance group and as right inside a logic chain; lmms-eval videomme_v2/utils.py takes 0 for it",
  splits: {
    test: {
      sources: ["MME-Benchmarks/Video-MME-v2"],
      ...{ split: "test", rows: 3200, licence: "not stated", answers: "public" },
    },
  },
  row,
  id: ({ question_id }) => question_id,
  imageKey: ({ video_id }) => video_id.path,
  limitByCluster: true, // a part of a group would be scored as a whole
  profiles: ["default", "official", "qwen3_vl"],
  prompt: (row, profile) => userPrompt(row.video_id, v2Words(row, profile)),
  generation: { maxNewTokens: 64, temperature: 0 },
  hasReference: (row) => isOptionLetter(row.answer, 8) && isInGroup(row),
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ group_score: "total", relevance_score: "relevance_score", logic_score: "logic_score" },
      ...Object.fromEntries([1, 2, 3].map((level) => [`level_${level}_score`, `level_${level}`])),
    },
  },
  score: videoMmeV2Score,
  metrics: [
    meanOfVideos("group_score", () => true),
    meanOfVideos("relevance_score", ({ type }) => type === "relevance"),
    meanOfVideos("logic_score", ({ type }) => type === "logic"),
    meanOfVideos("level_1_score", anyLevel("1")),
    meanOfVideos("level_2_score", anyLevel("2")),
    meanOfVideos("level_3_score", anyLevel("3")),
    mean("accuracy"),
  ],
  groups: {
    group_type: ({ group_type }) => group_type,
    level: ({ level }) => known(level),
    second_head: ({ second_head }) => known(second_head),
    third_head: ({ third_head }) => known(third_head),
  },
};

/** The authors' script has two forms: all words behind the frames, or sentences between them. */
function withSubtitles(video: Row["video_id"], profile: string): SubtitledVideo {
  const file = video.beside(`subtitle/${video.path}.jsonl`);
  const words = (jsonl: string | undefined) => (jsonl === undefined ? undefined : wordsIn(jsonl));
  if (profile !== "interleaved")
    return {
      video,
      subtitles: {
        ...{ file, rule: "all words" },
        place: (jsonl, { indices }) => [...indices.keys(), v2SubtitleBlock(words(jsonl), profile)],
      },
    };
  return {
    video,
    subtitles: {
      ...{ file, rule: "sentences between frames", between: true },
      place: (jsonl, frames) => segmentsBetween(segmentsOf(words(jsonl) ?? []), frames),
    },
  };
}

export default [
  defineTask(plain),
  defineTask<Row>({
    ...plain,
    name: "videomme_v2_reasoning",
    about: "Video-MME-v2, reasoning before the answer (2026).",
    profiles: ["default", "official"],
    prompt: (row, profile) => userPrompt(row.video_id, v2ReasoningWords(row, profile)),
    generation: { maxNewTokens: 4096, temperature: 0 },
  }),
  defineTask<Row>({
    ...plain,
    name: "videomme_v2_w_subtitle",
    about: "Video-MME-v2 with the words of its subtitles in the prompt (2026).",
    profiles: ["default", "official", "interleaved", "qwen3_vl"],
    prompt: (row, profile) => userPrompt(withSubtitles(row.video_id, profile), v2SubtitledWords(row, profile)),
  }),
];
