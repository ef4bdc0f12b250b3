import {
  chosen,
  defineTask,
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
import { perceptionLetter, perceptionScore } from "./score.js";

const id = Type.Union([Type.Integer(), Type.String()]);
const row = Type.Object({
  video_name: Video(), // "video_10909"
  question_id: id,
  question: Type.String(),
  options: Type.Array(Type.String()),
  answer_id: Type.Optional(Type.Union([id, Type.Null()])), // position; secret in the test split
  area: Type.Optional(Type.String()), // physics, semantics, ...
  reasoning: Type.Optional(Type.String()), // descriptive, explanatory, ...
});
type Row = Static<typeof row>;

/** lmms-eval letters a fourth option C again; the benchmark has three. */
const lettered = (options: readonly string[]): string =>
  options.map((option, i) => `${["A", "B"][i] ?? "C"}. ${option}`).join("\n");

const lettering = "a fourth option would be lettered C again";

const validation: Task<Row> = {
  name: "perceptiontest_val_mc",
  version: 1,
  about:
    "What happens in short filmed games of memory, physics and semantics, three options each (Pătrăucean et al. 2023).",
  cite: "https://arxiv.org/abs/2305.13786; scoring follows lmms-eval perceptiontest/val/utils.py",
  splits: {
    validation: {
      sources: ["lmms-eval/PerceptionTest_Val", "lmms-lab/PerceptionTest_Val"],
      ...{ configs: ["mc_question_val"], split: "validation", licence: "cc-by-4.0", answers: "public" },
    },
  },
  row,
  id: ({ video_name, question_id }) => `${video_name.path}-${question_id}`,
  imageKey: ({ video_name }) => video_name.path,
  prompt: ({ video_name, question, options }) =>
    userPrompt(video_name, `${question}\n${lettered(options)}\n${LETTER_DIRECTLY}`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer_id, options }) =>
    /^\d+$/.test(String(answer_id)) && isOptionLetter(optionLetters(4)[Number(answer_id)], options),
  defects: {
    official: [lettering],
    "lmms-eval": [lettering],
  },
  score: (row, output) => perceptionScore({ answer_id: row.answer_id ?? -1 }, output),
  metrics: [mean("accuracy")],
  groups: { area: ({ area }) => area, reasoning: ({ reasoning }) => reasoning },
};

const submission: NonNullable<Task<Row>["submission"]> = {
  file: "perceptiontest_test_mc.json",
  entry: ({ video_name, question, question_id }, answer) => ({
    ...{ video_name: video_name.path, question, question_id, pred_id: Number(answer) },
  }),
  schema: Type.Object({
    ...{ video_name: Type.String(), question: Type.String(), question_id: id },
    pred_id: Type.Integer({ minimum: -1, maximum: 3 }),
  }),
};

const test: Task<Row> = {
  ...validation,
  name: "perceptiontest_test_mc",
  about: "Perception Test's test split; a server scores (Pătrăucean et al. 2023).",
  splits: {
    test: {
      sources: ["lmms-eval/PerceptionTest", "lmms-lab/PerceptionTest"],
      ...{ configs: ["mc_question"], split: "test", licence: "cc-by-4.0", answers: "secret" },
    },
  },
  answer: (_, { text }) => String(optionLetters(4).indexOf(perceptionLetter(text) ?? "")),
  submission,
};

/** The question alone, and the option with the lowest mean loss. lmms-eval's mean over the validation split ends in a KeyError: here it is the share of right ones. */
const ranked = {
  prompt: ({ video_name, question }: Row) => userPrompt(video_name, question),
  choices: ({ options }: Row) => options,
  defects: {},
};

export default [
  defineTask(validation),
  defineTask(test),
  defineTask<Row>({
    ...{ ...validation, ...ranked },
    name: "perceptiontest_val_mcppl",
    about: `${validation.about} The option with the lowest mean loss per token counts.`,
    score: ({ answer_id }, output) =>
      chosen(optionLetters(4)[lowestMeanLoss(output)], optionLetters(4)[Number(answer_id)] ?? ""),
  }),
  defineTask<Row>({
    ...{ ...test, ...ranked },
    name: "perceptiontest_test_mcppl",
    about: `${test.about} The option with the lowest mean loss per token counts.`,
    answer: (_: Row, output: Output) => String(lowestMeanLoss(output)),
    submission: { ...submission, file: "perceptiontest_test_mcppl.json" },
  }),
];
