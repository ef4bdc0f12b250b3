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
  type Static,
  strip,
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
  prompt: (row) =>
    userPrompt(
      row.image,
      `${withChoices(row)}\nThink about the question and give your final answer in \\boxed{Answer} format.`,
    ),
  generation: { maxNewTokens: 8192, temperature: 0 },
  judge: {
    model: "gpt-4o",
    template: babyGrading("{question}", "{target}", "{prediction}"),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      const lmms = scoring === "lmms-eval";
      const asked = babyGrading(lmms ? row.question : withChoices(row), targetOf(row), shownToJudge(output.text, lmms));
      return {
        prompt: userPrompt(lmms ? asked : `${asked}\n`),
        options: { temperature: 0, ...(lmms ? { maxNewTokens: 10 } : {}) },
        parse: (reply) => babyVerdict(reply, scoring),
      };
    },
  },
  hasReference: (row) =>
    row.ansType === "choice" ? isOptionLetter(targetOf(row), row.options ?? []) : hasText(targetOf(row)),
  defects: {
    official: ["its judge is asked about the word None where no answer is found"],
    "lmms-eval": ["its judge sees the question without the choices", '"untrue" is a true'],
  },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    if (verdict === undefined) return notJudged;
    return rightOrWrong(verdict === 1, strip(shownToJudge(text, scoring === "lmms-eval")), targetOf(row));
  },
  metrics: [mean("accuracy")],
  groups: { type: ({ type }) => type, subtype: ({ type, subtype }) => `${type}/${subtype}` },
});
