import {
  chosen,
  defineTask,
  hasText,
  isOptionLetter,
  LETTER_DIRECTLY,
  lowestMeanLoss,
  mean,
  type Output,
  optionLetters,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { egoSchemaChoices, egoSchemaScore } from "./score.js";

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
const submission: NonNullable<Task<Row>["submission"]> = {
  file: "egoschema.json",
  format: "object",
  entry: ({ video_idx }, answer) => [video_idx.path, Number(answer)],
  schema: Type.Tuple([Type.String(), position]),
};

const whole: Task<Row> = {
  ...subset,
  name: "egoschema",
  about: "Three minutes seen from a person's eyes and five long options; a server scores (Mangalam et al. 2023).",
  splits: { test: { sources, configs: ["GENERATION"], split: "test", rows: 5031, licence, answers: "secret" } },
  answer(row, output, context) {
    const { answer, remark } = egoSchemaScore({ ...row, answer: "" }, output, context);
    return { answer: String(optionLetters(5).indexOf(answer)), ...(remark ? { remark } : {}) };
  },
  submission,
};

/** The question alone, and the option's text with the lowest mean loss. */
const ranked = {
  profiles: ["default"],
  prompt: ({ video_idx, question }: Row) => userPrompt(video_idx, question),
  choices: ({ option }: Row) => egoSchemaChoices(option),
  cite: "https://arxiv.org/abs/2308.09126; lmms-eval egoschema/utils.py: an option is compared as far as its first full stop",
};

const stop = "an option is compared up to its first full stop";

export default [
  defineTask(subset),
  defineTask(whole),
  defineTask<Row>({
    ...{ ...subset, ...ranked },
    name: "egoschema_subset_mcppl",
    about: `${subset.about} The option with the lowest mean loss per token counts.`,
    hasReference: (row) => subset.hasReference?.(row) === true && egoSchemaChoices(row.option).every(hasText),
    defects: {
      official: [stop],
      "lmms-eval": [stop],
    },
    score: ({ answer }, output) =>
      chosen(optionLetters(5)[lowestMeanLoss(output)], optionLetters(5)[Number(answer)] ?? ""),
  }),
  defineTask<Row>({
    ...{ ...whole, ...ranked },
    name: "egoschema_mcppl",
    about: `${whole.about} The option with the lowest mean loss per token counts.`,
    splits: { test: { sources, configs: ["MC_PPL"], split: "test", rows: 5031, licence, answers: "secret" } },
    answer: (_: Row, output: Output) => String(lowestMeanLoss(output)),
    submission: { ...submission, file: "egoschema_mcppl.json" },
  }),
];
