import {
  defineTask,
  LETTER_DIRECTLY,
  letteredOptions,
  mean,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { longVideoOptions, longVideoScore } from "./score.js";

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

const validation: Task<Row> = {
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
  hasReference: (row) => row.correct_choice >= 0 && row.correct_choice < longVideoOptions(row).length,
  scorings: ["vlmevalkit"],
  score: longVideoScore,
  metrics: [mean("accuracy")],
  groups: {
    duration: ({ duration_group }) => String(duration_group),
    category: ({ question_category }) => question_category,
  },
};

export default [
  defineTask(validation),
  defineTask<Row>({
    ...validation,
    name: "longvideobench_test_v",
    about: "LongVideoBench's test split; a server scores (Wu et al. 2024).",
    splits: { test: { ...source, split: "test", rows: 5341, answers: "secret" } },
    answer: (_, { text }) => text,
    submission: {
      file: "longvideobench_test.json",
      format: "object",
      entry: ({ id }, answer) => [id, answer],
      schema: Type.Tuple([Type.String(), Type.String()]),
    },
  }),
];
