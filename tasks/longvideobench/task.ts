import {
  defineTask,
  isOptionLetter,
  LETTER_DIRECTLY,
  letteredOptions,
  mean,
  type Output,
  optionLetters,
  type Static,
  type SubtitledVideo,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { longVideoOptions, longVideoScore } from "./score.js";
import { linesBetween, lmmsTimes, placed, subtitlesIn } from "./subtitles.js";

const text = Type.String();
const row = Type.Object({
  id: text,
  video_path: Video(), // "86CxyhFV9MI.mp4"
  question: text,
  ...{ option0: text, option1: text, option2: text, option3: text, option4: text }, // "N/A" where there is none
  correct_choice: Type.Integer(), // -1 in the test split
  duration_group: Type.Integer(), // 15, 60, 600, 3600
  question_category: text,
});
type Row = Static<typeof row>;

const source = { sources: ["longvideobench/LongVideoBench"], licence: "cc-by-nc-sa-4.0" } as const;
const options = (row: Row) =>
  [row.option0, row.option1, row.option2, row.option3, row.option4].filter((option) => option !== "N/A");

const validation = {
  name: "longvideobench_val_v",
  version: 1,
  about: "Questions that refer to a moment of a video of up to an hour (Wu et al. 2024).",
  cite: "https://arxiv.org/abs/2407.15754; scoring follows lmms-eval longvideobench/utils.py, by the author: the first letter, else a drawn one",
  splits: { validation: { ...source, split: "validation", rows: 1337, answers: "public" } },
  row,
  id: ({ id }) => id,
  imageKey: ({ video_path }) => video_path.path,
  prompt: (row) =>
    userPrompt(row.video_path, `${row.question}\n${letteredOptions(options(row))}\n${LETTER_DIRECTLY}\n`),
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: (row) => isOptionLetter(optionLetters(5)[row.correct_choice], longVideoOptions(row)),
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "overall" } },
  score: longVideoScore,
  metrics: [mean("accuracy")],
  groups: {
    duration: ({ duration_group }) => String(duration_group),
    category: ({ question_category }) => question_category,
  },
} satisfies Task<Row>;

/**
 * Row of the interleaved form. Times of frames: their own (VLMEvalKit, the paper's rule), or lmms-eval's, which are whole parts of the
 * row's duration and drift from the frames.
 */
const subtitledRow = Type.Object({
  ...row.properties,
  subtitle_path: text, // "86CxyhFV9MI_en.json"
  starting_timestamp_for_subtitles: Type.Number(),
  duration: Type.Number(),
});
type SubtitledRow = Static<typeof subtitledRow>;

const between = (row: SubtitledRow, profile: string): SubtitledVideo => ({
  video: row.video_path,
  subtitles: {
    file: row.video_path.beside(`subtitles/${row.subtitle_path}`),
    rule: profile === "lmms-eval" ? "between frames, lmms-eval's times" : "between frames",
    between: true,
    place(json, { times }) {
      const { duration, starting_timestamp_for_subtitles: offset } = row;
      const parts = Math.min(Math.trunc(duration), times.length);
      const told = profile === "lmms-eval" && parts === times.length ? lmmsTimes(duration, parts) : times;
      return linesBetween(placed(told, { offset, duration, subtitles: subtitlesIn(json, row.subtitle_path) }));
    },
  },
});

const interleaved: Task<SubtitledRow> = {
  ...validation,
  name: "longvideobench_val_i",
  about: "LongVideoBench with its subtitles between the frames (Wu et al. 2024).",
  cite: `${validation.cite}; subtitles stand where lmms-eval and VLMEvalKit put them by the frames' times; lmms-eval takes 16 frames`,
  row: subtitledRow,
  profiles: ["default", "lmms-eval"],
  prompt: (row, profile) =>
    userPrompt(between(row, profile), `${row.question}\n${letteredOptions(options(row))}\n${LETTER_DIRECTLY}\n`),
};

const sentIn = {
  splits: { test: { ...source, split: "test", rows: 5341, answers: "secret" } },
  reportedAs: {},
  answer: (_: Row, { text }: Output) => text,
  submission: {
    file: "longvideobench_test.json",
    format: "object",
    entry: ({ id }: Row, answer: string) => [id, answer],
    schema: Type.Tuple([Type.String(), Type.String()]),
  },
} as const;

export default [
  defineTask(validation),
  defineTask(interleaved),
  defineTask<Row>({
    ...{ ...validation, ...sentIn },
    name: "longvideobench_test_v",
    about: "LongVideoBench's test split; a server scores (Wu et al. 2024).",
  }),
  defineTask<SubtitledRow>({
    ...{ ...interleaved, ...sentIn },
    name: "longvideobench_test_i",
    about: "LongVideoBench's test split with its subtitles between the frames; a server scores (Wu et al. 2024).",
  }),
];
