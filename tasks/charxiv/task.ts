import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  notJudged,
  type Output,
  rightOrWrong,
  type Score,
  type ScoreContext,
  type Scoring,
  type Split,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import {
  descriptiveGrading,
  descriptiveVerdicts,
  question,
  reasoningGrading,
  reasoningVerdict,
  vlmEvalKitJudge,
} from "./judge.js";
import { descriptiveQuestion, reasoningQuestion, type Subplot } from "./questions.js";
import { DESCRIPTIVE } from "./words.js";

const figure = {
  image: Image(),
  figure_path: Type.String(),
  category: Type.Optional(Nullable(Type.String())), // cs, physics, ...
  year: Type.Optional(Nullable(Type.String())),
  num_subplots: Type.Optional(Nullable(Type.Integer())),
  // Of VLMEvalKit's file, which has the question with its instruction, and the answer in its judge's words alone.
  vlmevalkit_question: Type.Optional(Nullable(Type.String())),
  grading_query: Type.Optional(Nullable(Type.String())),
};
const reasoningRow = Type.Object({
  ...figure,
  reasoning_q: Type.String(),
  reasoning_a: Type.String(),
  reasoning_q_source: Type.Integer(), // who made the question: 1 to 3
  reasoning_a_type: Type.Integer(), // the class of the answer: 1 to 4
});
type ReasoningRow = Static<typeof reasoningRow>;

const template = Type.Integer();
const descriptiveRow = Type.Object({
  ...figure,
  ...{ descriptive_q1: template, descriptive_q2: template, descriptive_q3: template, descriptive_q4: template },
  ...{ descriptive_a1: Type.String(), descriptive_a2: Type.String() },
  ...{ descriptive_a3: Type.String(), descriptive_a4: Type.String() },
  subplot_loc: Type.Optional(Nullable(Type.String())),
  subplot_row: Type.Optional(Nullable(Type.Integer())),
  subplot_col: Type.Optional(Nullable(Type.Integer())),
});
/** One question about a chart. */
type DescriptiveRow = Static<typeof descriptiveRow> & { number?: 1 | 2 | 3 | 4 };

const splits: Readonly<Record<string, Split>> = {
  val: {
    sources: ["princeton-nlp/CharXiv"],
    split: "validation",
    rows: 1000,
    licence: "cc-by-sa-4.0",
    answers: "public",
  },
};
const judge = "gpt-4o-2024-05-13";

interface Graded {
  readonly grading_query?: string | null;
}

/** Of a row with an answer of its own, of one of VLMEvalKit's file, or of both: a scoring needs its own of the two. */
function scoreOf(row: Graded, answer: string, output: Output, { scoring, verdicts: [verdict] }: ScoreContext): Score {
  const file = "CharXiv_reasoning_val.tsv or CharXiv_descriptive_val.tsv";
  if (scoring === "vlmevalkit" && !hasText(row.grading_query))
    return unscored(`VLMEvalKit's judge is asked in words that its ${file} alone has: give that in --data`);
  if (scoring !== "vlmevalkit" && !hasText(answer))
    return unscored("VLMEvalKit's file has the answer in its judge's words alone: give --scoring vlmevalkit");
  if (verdict === undefined) return notJudged;
  return rightOrWrong(verdict === 1, strip(output.text), hasText(answer) ? answer : []);
}
const unscored = (detail: string): Score => ({ status: "unscored", reason: "data", detail });

const subjects = {
  category: ({ category }: { readonly category?: string | null }) => category ?? undefined,
  year: ({ year }: { readonly year?: string | null }) => year ?? undefined,
  subplots: ({ num_subplots: count }: { readonly num_subplots?: number | null }) =>
    count === undefined || count === null ? undefined : count === 1 ? "1" : count < 5 ? "2-4" : "5+",
};

const CLASSES = ["Text-in-Chart", "Text-in-General", "Number-in-Chart", "Number-in-General"];
const SOURCES = ["GPT-Sourced", "GPT-Inspired", "Completely Human"];

/** lmms-eval takes the origin of the question for the class of its answer: 766 of 1,000 questions get another class's words. */
const kindOf = (row: ReasoningRow, rule: "lmms-eval" | "official"): number =>
  rule === "lmms-eval" ? row.reasoning_q_source : row.reasoning_a_type;
const ruleOf = (scoring: Scoring) => (scoring === "lmms-eval" ? "lmms-eval" : "official");

const oneReading = ["a judge's reply without its two keys is a 0 (here: asked again, then no score)"];

const reasoning: Task<ReasoningRow> = {
  name: "charxiv_rq",
  aliases: ["charxiv_val_reasoning@val"],
  version: 1,
  about: "Charts of arXiv papers, questions that want reasoning; a judge decides (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2406.18521; official scoring follows princeton-nlp/CharXiv (a score that is none is unscored, there 0); lmms-eval charxiv/utils.py, which takes words and rubric by the wrong column; VLMEvalKit's judge is asked in the words of its own file, which that scoring needs",
  splits,
  tsv: {
    files: { val: "CharXiv_reasoning_val" },
    rows: ({ index, question, grading_query, inst_category: kind, image }) => [
      {
        ...{ figure_path: index, image, vlmevalkit_question: question, grading_query },
        ...{ reasoning_q: question, reasoning_a: "", reasoning_a_type: kind, reasoning_q_source: 0 },
      },
    ],
  },
  row: reasoningRow,
  id: ({ figure_path }) => figure_path,
  profiles: ["default", "official"],
  prompt(row, profile) {
    if (row.vlmevalkit_question) return userPrompt(row.image, row.vlmevalkit_question);
    const words = (rule: "lmms-eval" | "official") =>
      reasoningQuestion(kindOf(row, rule), row.reasoning_q, row.reasoning_a);
    return userPrompt(row.image, profile === "official" ? words("official") : strip(words("lmms-eval")));
  },
  generation: { maxNewTokens: 32_768, temperature: 0 },
  judge: {
    model: judge,
    template: reasoningGrading(1, "{question}", { target: "{target}", response: "{response}" }),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0 || !hasText(row.reasoning_a)) return undefined;
      const pair = { target: row.reasoning_a, response: output.text };
      return question(reasoningGrading(kindOf(row, ruleOf(scoring)), row.reasoning_q, pair), reasoningVerdict);
    },
  },
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  hasReference: ({ reasoning_a: answer, grading_query: words }) => hasText(answer) || hasText(words),
  defects: {
    "lmms-eval": ["words and rubric follow the question's origin, not the answer's class: 766 of 1,000 are another's"],
    vlmevalkit: oneReading,
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score: (row, output, context) => scoreOf(row, row.reasoning_a, output, context),
  metrics: [mean("accuracy")],
  groups: {
    answer_type: ({ reasoning_a_type: type }) => CLASSES[type - 1],
    source: ({ reasoning_q_source: source }) => SOURCES[source - 1],
    ...subjects,
  },
};

const asked = (row: DescriptiveRow) => {
  const number = row.number ?? 1;
  return { template: row[`descriptive_q${number}`], answer: row[`descriptive_a${number}`] };
};

const subplotOf = ({ subplot_loc: words, subplot_row: line, subplot_col: column }: DescriptiveRow): Subplot =>
  words ?? [line ?? 0, column ?? 0];

const skillOf = (template: number): string => {
  if (template <= 7) return "Information Extraction";
  if ([10, 12, 19].includes(template)) return "Counting";
  if ([11, 16, 18].includes(template)) return "Pattern Recognition";
  return template === 17 ? "Compositionality" : "Enumeration";
};

const descriptive: Task<DescriptiveRow> = {
  name: "charxiv_dq",
  aliases: ["charxiv_val_descriptive@val"],
  version: 1,
  about:
    "Charts of arXiv papers, four questions each about what is written and drawn; a judge decides (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2406.18521; scoring follows princeton-nlp/CharXiv, one answer a request where its judge is shown five; lmms-eval asks one of a chart's four questions four times; VLMEvalKit's judge is asked in the words of its own file, which that scoring needs",
  splits,
  tsv: {
    files: { val: "CharXiv_descriptive_val" }, // a row is one question
    rows: ({ index, question, grading_query, qid, image }) => [
      {
        ...{ figure_path: index, image, vlmevalkit_question: question, grading_query },
        ...{ descriptive_q1: qid, descriptive_q2: qid, descriptive_q3: qid, descriptive_q4: qid },
        ...{ descriptive_a1: "", descriptive_a2: "", descriptive_a3: "", descriptive_a4: "" },
      },
    ],
  },
  row: descriptiveRow,
  expand: (row) =>
    (row.vlmevalkit_question ? ([1] as const) : ([1, 2, 3, 4] as const)).map((number) => ({ ...row, number })),
  id: ({ figure_path, number = 1 }) => `${figure_path}_${number}`,
  imageKey: ({ figure_path }) => figure_path,
  profiles: ["default", "official"],
  prompt(row, profile) {
    if (row.vlmevalkit_question) return userPrompt(row.image, row.vlmevalkit_question);
    const words = descriptiveQuestion(asked(row).template, subplotOf(row));
    return userPrompt(row.image, profile === "official" ? words : strip(words));
  },
  generation: { maxNewTokens: 32_768, temperature: 0 },
  judge: {
    model: judge,
    template: descriptiveGrading(1, [{ target: "{target}", response: "{response}" }]),
    ask(row, output, verdicts) {
      const { template, answer } = asked(row);
      if (verdicts.length > 0 || !hasText(answer)) return undefined;
      const words = descriptiveGrading(template, [{ target: answer, response: output.text }]);
      return question(words, (reply) => descriptiveVerdicts(reply, 1)?.[0]);
    },
  },
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  hasReference: (row) =>
    hasText(row.grading_query) || (hasText(asked(row).answer) && Object.hasOwn(DESCRIPTIVE, asked(row).template)),
  defects: {
    "lmms-eval": [
      "one of a chart's four questions is asked four times (here: each once)",
      "a failed judge is -1 (here: no score)",
    ],
    vlmevalkit: oneReading,
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score: (row, output, context) => scoreOf(row, asked(row).answer, output, context),
  metrics: [mean("accuracy")],
  groups: {
    skill: (row) => skillOf(asked(row).template),
    template: (row) => `Q${asked(row).template}`,
    ...subjects,
  },
};

export default [
  defineTask(reasoning),
  defineTask(descriptive),
  defineTask(
    thoughts.form(reasoning, {
      name: "charxiv_rq_reasoning",
      aliases: ["charxiv_val_reasoning_cot@val"],
      tags: "think",
      prompt: (row) => reasoning.prompt(row, "default"),
      gold: ({ reasoning_a: answer }) => answer,
    }),
  ),
  defineTask(
    thoughts.form(descriptive, {
      name: "charxiv_dq_reasoning",
      aliases: ["charxiv_val_descriptive_cot@val"],
      tags: "think",
      prompt: (row) => descriptive.prompt(row, "default"),
      gold: (row) => asked(row).answer,
    }),
  ),
] as const;
