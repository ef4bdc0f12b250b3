import {
  bracketedOptions,
  defineTask,
  hasText,
  Image,
  isOptionLetter,
  mean,
  Nullable,
  notJudged,
  optionLetters,
  rightOrWrong,
  type Scoring,
  type Static,
  strip,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import { babyGrading, babyVerdict } from "./judge.js";
import { shownToJudge } from "./score.js";

const row = Type.Object({
  taskId: Type.Union([Type.Integer(), Type.String()]),
  image: Image(),
  question: Type.String(),
  ansType: Type.String(), // choice, blank
  options: Type.Optional(Nullable(Type.Array(Type.String()))),
  choiceAns: Type.Optional(Nullable(Type.Union([Type.Number(), Type.String()]))), // from 0
  blankAns: Type.Optional(Nullable(Type.Union([Type.String(), Type.Number()]))),
  type: Type.String(),
  subtype: Type.String(),
});
type Row = Static<typeof row>;

function targetOf({ ansType, choiceAns, blankAns }: Row): string {
  if (ansType !== "choice") return String(blankAns ?? "");
  return /^\d+$/.test(String(choiceAns)) ? (optionLetters(26)[Number(choiceAns)] ?? "") : "";
}

function withChoices({ question, ansType, options }: Row): string {
  if (ansType !== "choice" || !options || options.length === 0) return question;
  return `${question}\nChoices:\n${bracketedOptions(options).trimEnd()}`;
}

const asked = (row: Row): string =>
  `${withChoices(row)}\nThink about the question and give your final answer in \\boxed{Answer} format.`;

/** What each scoring's judge is told that was asked. */
function questionFor(row: Row, scoring: Scoring): string {
  if (scoring === "lmms-eval") return row.question;
  return scoring === "vlmevalkit" ? asked(row) : withChoices(row);
}

const judge: NonNullable<Task<Row>["judge"]> = {
  model: "gpt-4o",
  template: babyGrading("{question}", "{target}", "{prediction}"),
  ask(row, output, verdicts, scoring) {
    if (verdicts.length > 0) return undefined;
    const lmms = scoring === "lmms-eval";
    const words = babyGrading(questionFor(row, scoring), targetOf(row), shownToJudge(output.text, lmms));
    const most = { official: undefined, "lmms-eval": 10, vlmevalkit: 16 }[scoring];
    return {
      prompt: userPrompt(lmms ? words : `${words}\n`),
      options: { temperature: 0, ...(most === undefined ? {} : { maxNewTokens: most }) },
      parse: (reply) => babyVerdict(reply, scoring),
    };
  },
};

export default defineTask<Row>({
  name: "babyvision",
  version: 1,
  about: "What small children see: differences, tracks, patterns and space; a judge decides (UniPat AI 2026).",
  cite: "https://github.com/UniPat-AI/BabyVision; official scoring follows its evaluation, lmms-eval babyvision/utils.py. The authors report the mean of 3 passes",
  splits: {
    train: { sources: ["UnipatAI/BabyVision"], split: "train", rows: 388, licence: "not stated", answers: "public" },
  },
  tsv: { files: { train: "BabyVision/babyvision_data/meta_data.jsonl" } }, // the authors' archive, unpacked
  row,
  id: ({ taskId }) => String(taskId),
  prompt: (row) => userPrompt(row.image, asked(row)),
  generation: { maxNewTokens: 8192, temperature: 0 },
  judge,
  judgesByScoring: { vlmevalkit: { ...judge, model: "gpt-5.2" } },
  hasReference: (row) =>
    row.ansType === "choice" ? isOptionLetter(targetOf(row), row.options ?? []) : hasText(targetOf(row)),
  defects: {
    official: ["its judge is asked about the word None where no answer is found"],
    "lmms-eval": ["its judge sees the question without the choices", '"untrue" is a true'],
    vlmevalkit: ["its judge is asked about the word None where no answer is found", '"untrue" is a true'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    if (verdict === undefined) return notJudged;
    return rightOrWrong(verdict === 1, strip(shownToJudge(text, scoring === "lmms-eval")), targetOf(row));
  },
  metrics: [mean("accuracy")],
  groups: { type: ({ type }) => type, subtype: ({ type, subtype }) => `${type}/${subtype}` },
});
