import {
  defineTask,
  isOptionLetter,
  LETTER_DIRECTLY,
  mean,
  optionLetters,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { egoSchemaScore } from "./score.js";

const row = Type.Object({
  video_idx: Video(), // "0074f737-11cb-497d-8d07-77c3a8127391"
  question_idx: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  question: Type.String(),
  option: Type.Array(Type.String()), // "A. C was cleaning the floor."
  answer: Type.Optional(Type.Union([Type.String(), Type.Null()])), // "0" to "4"; secret in the full set
});
type Row = Static<typeof row>;

const sources = ["lmms-eval/egoschema", "lmms-lab/egoschema"];
const licence = "Ego4D licence";
const position = Type.Integer({ minimum: 0, maximum: 4 });

const subset: Task<Row> = {
  name: "egoschema_subset",
  version: 1,
  about:
    "Three minutes seen from a person's eyes and five long options, 500 questions with answers (Mangalam et al. 2023).",
  cite: "https://arxiv.org/abs/2308.09126; scoring follows lmms-eval egoschema/utils.py: of several letters the first, of none a drawn one",
  splits: { test: { sources, configs: ["Subset"], split: "test", rows: 500, licence, answers: "public" } },
  row,
  id: ({ video_idx }) => video_idx.path,
  profiles: ["default", "aria"],
  prompt({ video_idx, question, option }, profile) {
    const before = profile === "aria" ? "Please answer the question about the video:\n" : "";
    return userPrompt(video_idx, `${before}${[question, ...option].join("\n")}\n${LETTER_DIRECTLY}`);
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer, option }) =>
    option.length === 5 && /^[0-4]$/.test(answer ?? "") && isOptionLetter(optionLetters(5)[Number(answer)], option),
  score: (row, output, context) => egoSchemaScore({ ...row, answer: row.answer ?? "" }, output, context),
  metrics: [mean("accuracy")],
};

/** For the authors' server: the position of each answer by its video. */
const whole: Task<Row> = {
  ...subset,
  name: "egoschema",
  about: "Three minutes seen from a person's eyes and five long options; a server scores (Mangalam et al. 2023).",
  splits: { test: { sources, configs: ["GENERATION"], split: "test", rows: 5031, licence, answers: "secret" } },
  answer(row, output, context) {
    const { answer, remark } = egoSchemaScore({ ...row, answer: "" }, output, context);
    return { answer: String(optionLetters(5).indexOf(answer)), ...(remark ? { remark } : {}) };
  },
  submission: {
    file: "egoschema.json",
    format: "object",
    entry: ({ video_idx }, answer) => [video_idx.path, Number(answer)],
    schema: Type.Tuple([Type.String(), position]),
  },
};

export default [defineTask(subset), defineTask(whole)];
