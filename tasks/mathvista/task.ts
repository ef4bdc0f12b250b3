import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  optionLetters,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { mathVistaExtraction, mathVistaToJudge } from "./judge.js";
import { type MathVistaForm, mathVistaPrompt } from "./prompt.js";
import { mathVistaScore } from "./score.js";
import { vlmEvalKitJudge, vlmEvalKitScore } from "./vlmevalkit.js";

const text = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  pid: Type.String(),
  question: Type.String(),
  decoded_image: Image(),
  choices: Type.Optional(Nullable(Type.Array(Type.String()))),
  unit: text,
  precision: Type.Optional(Nullable(Type.Number())),
  answer: text,
  question_type: Type.Enum(["multi_choice", "free_form"]),
  answer_type: Type.Enum(["text", "integer", "float", "list"]),
  query: Type.String(),
  metadata: Type.Object({
    ...{ category: Type.String(), context: Type.String(), grade: Type.String(), language: Type.String() },
    ...{ skills: Type.Array(Type.String()), source: Type.String(), task: Type.String() },
  }),
});
type Row = Static<typeof row>;

/** A problem may need several skills: each is a metric over the problems that need it. */
const SKILLS = ["algebraic", "arithmetic", "geometry", "logical", "numeric", "scientific", "statistical"];
const split = { sources: ["AI4Math/MathVista"], licence: "cc-by-sa-4.0" };

/** VLMEvalKit's question is the whole query: hint, question with its unit, and choices. */
function tsvRow({ index, question = "", image, choices, skills, unit: _, ...cells }: Readonly<Record<string, string>>) {
  const { category = "", context = "", grade = "", source = "", task = "", ...rest } = cells;
  const own = /(?:^|\n)Question: (.*?)(?:\nChoices:|$)/s.exec(question)?.[1];
  return {
    ...rest,
    ...{ pid: index, question: own ?? question, query: question },
    ...{ decoded_image: image, choices: vlmEvalKit.listOf(choices) },
    metadata: { category, context, grade, language: "", skills: vlmEvalKit.listOf(skills), source, task },
  };
}

const mathvista: Task<Row> = {
  name: "mathvista",
  aliases: [
    ...["mathvista_testmini", "mathvista_testmini_cot", "mathvista_testmini_solution", "mathvista_testmini_format"],
    "mathvista_test@test",
  ],
  version: 2,
  about: "Mathematics in charts, figures and scenes; a judge extracts the answer (Lu et al. 2024).",
  cite: "https://arxiv.org/abs/2310.02255; official scoring follows lupantech/MathVista evaluation/",
  splits: {
    testmini: { ...split, split: "testmini", rows: 1000, answers: "public" },
    test: { ...split, split: "test", rows: 5141, answers: "secret" },
  },
  tsv: { files: { testmini: "MathVista_MINI" }, rows: (cells) => [tsvRow(cells)] },
  row,
  id: ({ pid }) => pid,
  profiles: ["default", "official", "solution", "format", "reason-first", "vlmevalkit"],
  prompt(row, profile) {
    const form = (profile === "default" ? "step-by-step" : profile) as MathVistaForm;
    const isOwn = profile === "official" || profile === "vlmevalkit"; // the same words
    return userPrompt(row.decoded_image, isOwn ? row.query : mathVistaPrompt(row, form));
  },
  generation: { maxNewTokens: 16_384, temperature: 0 },
  judge: {
    model: "gpt-4-0613",
    template: mathVistaExtraction("{query}", "{response}"),
    ask: (row, output, verdicts, scoring) => (verdicts.length > 0 ? undefined : mathVistaToJudge(row, output, scoring)),
  },
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  hasReference: ({ answer, question_type, choices }) =>
    question_type === "multi_choice" ? (choices ?? []).includes(answer ?? "") : hasText(answer),
  defects: {
    "lmms-eval": ["no float is ever right: its precision is a float too", "a whole of 0 is null (here: 0)"],
    vlmevalkit: ['texts and lists are compared with "None": always wrong', "a right 0 goes to the judge"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      accuracy: "acc of Overall",
      ...Object.fromEntries(
        SKILLS.map((skill) => [
          `accuracy_${skill}`,
          `acc of ${skill} ${skill === "numeric" ? "commonsense" : "reasoning"}`,
        ]),
      ),
    },
  },
  score(row, output, context) {
    const score =
      context.scoring === "vlmevalkit"
        ? vlmEvalKitScore(row, output.text, context.verdicts)
        : mathVistaScore(row, output, context);
    if (score.status === "unscored" || typeof score.value !== "number") return score;
    const { value } = score;
    const skills = SKILLS.filter((skill) => row.metadata.skills.some((name) => name.startsWith(skill)));
    return { ...score, value: { accuracy: value, ...Object.fromEntries(skills.map((skill) => [skill, value])) } };
  },
  answer: (_, output) => strip(output.text), // the server extracts itself
  metrics: [
    mean("accuracy", { of: "accuracy" }),
    ...SKILLS.map((skill) => mean(`accuracy_${skill}`, { of: skill, perGroup: false })),
  ],
  groups: {
    question_type: (row) => row.question_type,
    answer_type: (row) => row.answer_type,
    task: ({ metadata }) => metadata.task,
    category: ({ metadata }) => metadata.category,
    context: ({ metadata }) => metadata.context,
    grade: ({ metadata }) => metadata.grade,
    language: ({ metadata }) => metadata.language,
    source: ({ metadata }) => metadata.source,
  },
  submission: {
    file: "mathvista_test.json",
    entry: ({ pid, query }, answer) => [pid, { pid, query, response: answer }],
    schema: Type.Unsafe({
      type: "array",
      prefixItems: [Type.String(), Type.Object({ pid: Type.String(), query: Type.String(), response: Type.String() })],
      items: false,
      minItems: 2,
    }),
    format: "object",
  },
};

const reasoning = thoughts.form(mathvista, {
  name: "mathvista_reasoning",
  aliases: ["mathvista_testmini_cot_reasoning@testmini"],
  tags: "think",
  prompt: (row) => userPrompt(row.decoded_image, mathVistaPrompt(row, "step-by-step")),
  // Of a choice, its letter.
  gold({ answer, question_type: type, choices }) {
    const at = type === "multi_choice" ? (choices ?? []).indexOf(answer ?? "") : -1;
    return optionLetters(8)[at] ?? answer ?? "";
  },
});

export default [defineTask(mathvista), defineTask(reasoning)];
