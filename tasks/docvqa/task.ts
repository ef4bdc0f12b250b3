import {
  defineTask,
  hasText,
  Image,
  MODEL_PROFILES,
  mean,
  Nullable,
  parseIntPython,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
  WORD_OR_PHRASE,
} from "llava-eval";
import { anlsScore } from "./score.js";

const strings = Type.Optional(Nullable(Type.Array(Type.String())));
const common = {
  questionId: Type.String(),
  question: Type.String(),
  answers: strings, // none on the test splits
  image: Image(),
};
const docvqaRow = Type.Object({ ...common, docId: Type.Optional(Nullable(Type.Integer())), question_types: strings });
type DocvqaRow = Static<typeof docvqaRow>;
const infovqaRow = Type.Object({
  ...common,
  image_url: Type.Optional(Nullable(Type.String())),
  answer_type: strings,
  "operation/reasoning": strings,
});
type InfovqaRow = Static<typeof infovqaRow>;

const sources = ["lmms-lab-encoder/DocVQA", "lmms-lab/DocVQA"];
const liteSources = ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"];

/** What the Robust Reading Competition's server takes. */
const submission = (file: string, answerIn = (text: string) => text): NonNullable<Task<DocvqaRow>["submission"]> => ({
  file,
  entry: ({ questionId }, text) => ({ questionId: parseIntPython(questionId) ?? Number.NaN, answer: answerIn(text) }),
  schema: Type.Object({ questionId: Type.Integer(), answer: Type.String() }, { additionalProperties: false }),
});
/** The first of several labels: a question counts in one group. */
const first = (labels: readonly string[] | null | undefined) => labels?.[0];

/** Its DocVQA_VAL and InfoVQA_VAL; answers of the test files are withheld. */
const tsv = (name: string): NonNullable<Task["tsv"]> => ({
  files: { val: `${name}_VAL`, test: `${name}_TEST` },
  rows: ({ index, answer, ...cells }) => [
    { ...cells, questionId: index, ...(answer === undefined ? {} : { answers: vlmEvalKit.listOf(answer) }) },
  ],
});

const splits = (config: string, lite: string, val: number, test: number): Task["splits"] => ({
  val: { sources, configs: [config], split: "validation", rows: val, licence: "MIT", answers: "public" },
  test: { sources, configs: [config], split: "test", rows: test, licence: "MIT", answers: "secret" },
  lite: { sources: liteSources, configs: [lite], split: "lite", licence: "MIT", answers: "public" },
});

const documents: Task<DocvqaRow> = {
  name: "docvqa",
  aliases: ["docvqa_val@val", "docvqa_test@test", "docvqa_val_lite@lite"],
  version: 1,
  about: "Questions about scanned documents (Mathew et al. 2021).",
  cite: "https://arxiv.org/abs/2007.00398; scoring follows the Robust Reading Competition's ANLS script (as in Qwen-VL eval_mm/infographicsvqa_eval.py)",
  splits: splits("DocVQA", "docvqa_val", 5349, 5188),
  tsv: tsv("DocVQA"),
  row: docvqaRow,
  id: ({ questionId }) => questionId,
  imageKey: ({ docId, questionId }) => String(docId ?? questionId),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.docvqa)],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, MODEL_PROFILES.docvqa[profile]?.({ question }) ?? `${question}\n${WORD_OR_PHRASE}`),
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers),
  scorings: ["vlmevalkit"], // the same rule
  reportedAs: { vlmevalkit: { anls: "Overall" } },
  score: ({ answers }, output) => anlsScore(answers ?? [], output),
  answer: (_, output) => strip(output.text),
  metrics: [mean("anls")],
  groups: { question_type: ({ question_types }) => first(question_types) },
  submission: submission("docvqa_test_for_submission.json"),
};

const infographics: Task<InfovqaRow> = {
  name: "infovqa",
  aliases: ["infovqa_val@val", "infovqa_test@test", "infovqa_val_lite@lite"],
  version: 1,
  about: "Questions about infographics (Mathew et al. 2022).",
  cite: "https://arxiv.org/abs/2104.12756; scoring follows the Robust Reading Competition's ANLS script (as in Qwen-VL eval_mm/infographicsvqa_eval.py)",
  splits: splits("InfographicVQA", "infovqa_val", 2801, 3288),
  tsv: tsv("InfoVQA"),
  row: infovqaRow,
  id: ({ questionId }) => questionId,
  imageKey: ({ image_url, questionId }) => image_url ?? questionId,
  profiles: ["default", "vlmevalkit"], // the same words
  prompt: ({ image, question }) => userPrompt(image, `${question}\n${WORD_OR_PHRASE}`),
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ answers }) => hasText(answers),
  scorings: ["vlmevalkit"], // the same rule
  reportedAs: { vlmevalkit: { anls: "Overall" } },
  score: ({ answers }, output) => anlsScore(answers ?? [], output),
  answer: (_, output) => strip(output.text),
  metrics: [mean("anls")],
  groups: {
    answer_type: ({ answer_type }) => first(answer_type),
    operation: (row) => first(row["operation/reasoning"]),
  },
  submission: submission("infovqa_test_for_submission.json"),
};

const form = (name: string) => ({
  name: `${name}_reasoning`,
  aliases: [`${name}_val_reasoning@val`, `${name}_test_reasoning@test`],
  tags: "analysis" as const,
  prompt: ({ image, question }: DocvqaRow | InfovqaRow) => userPrompt(image, strip(`${question}\n${WORD_OR_PHRASE}`)),
  splits: ["val", "test"],
  submission: (answerIn: (text: string) => string) =>
    submission(`${name}_test_reasoning_for_submission.json`, answerIn),
});

export default [
  defineTask(documents),
  defineTask(infographics),
  defineTask(thoughts.form(documents, form("docvqa"))),
  defineTask(thoughts.form(infographics, form("infovqa"))),
];
