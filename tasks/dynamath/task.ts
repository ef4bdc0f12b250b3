import {
  circularAccuracy,
  defineTask,
  guessedOr,
  hasText,
  Image,
  mean,
  Nullable,
  notJudged,
  parseFloatPython,
  rightOrWrong,
  rowDigest,
  type Score,
  type ScoreContext,
  type Split,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { dynaMathFormatting, dynaMathToJudge } from "./judge.js";
import { ANSWER_TYPES, isRightAnswer, officialReading, ruledAnswer } from "./score.js";

const row = Type.Object({
  id: Type.Union([Type.String(), Type.Integer()]), // the question that was varied
  question: Type.String(),
  decoded_image: Image(),
  ground_truth: Type.String(),
  answer_type: Type.Enum(ANSWER_TYPES),
  subject: Type.String(),
  knowledge_level: Type.Optional(Nullable(Type.String())),
});
type Row = Static<typeof row>;

const EXAMPLE = `{
    "solution": "[Detailed step-by-step explanation]",
    "short answer": "[Concise Answer]"
}`;
const FORM = `Example of expected JSON response format:\n\n${EXAMPLE}`;

const SHORT = {
  "multiple choice": "Provide the corresponing choice option in the 'short answer' key, such as 'A', 'B', 'C', or 'D'.",
  float: "Format the answer as a three-digit floating-point number and provide it in the 'short answer' key.",
  text: "Float numbers in the answer should be formatted as three-digit floating-point numbers.",
};

/** The authors' words, behind which the image stands. */
function officialWords({ question, answer_type: type }: Row): string {
  const number = type === "float" ? "Please answer in a floating-point number." : "";
  return `## Question\n${question}${number}\n### Response Format\nAnswer Instruction Please provide an answer to the question outlined above. Your response should adhere to the following JSON format, which includes two keys: 'solution' and 'short answer'. \n# The 'solution' key can contain reasoning steps needed to solve the question.\n# The 'short answer' key should only provide a concise response. If the problem is a multiple choice problem, just provide the corresponing choice option, \nsuch as 'A', 'B', 'C', or 'D'. If the answer is a numerical value, format it as a three-digit floating-point number.  \n\n${FORM}`;
}

/** Its DynaMath, and DynaMath_noprompt, which asks the question alone. */
const vlmEvalKitWords = ({ question, answer_type: type }: Row, isBare: boolean): string =>
  isBare
    ? `## Question\n ${question}`
    : `## Question\n ${question}\n## Answer Instruction Please provide an answer to the question outlined above. Your response should adhere to the following JSON format, which includes two keys: 'solution' and 'short answer'. The 'solution' key can contain detailed steps needed to solve the question, and the 'short answer' key should provide a concise response. ${SHORT[type]}\n\n${FORM}`;

const split = (source: string, name: string): Split => ({
  ...{ sources: [source], split: name },
  ...{ licence: "not stated", answers: "public" },
});

/** VLMEvalKit: what no rule could read, its judge has written anew. */
function vlmEvalKitScore(row: Row, text: string, verdict: ScoreContext["verdicts"][number] | undefined): Score {
  const { answer_type: type, ground_truth: target } = row;
  const answer = ruledAnswer(text, type) ?? verdict;
  if (typeof answer !== "string" && typeof answer !== "number") return notJudged;
  return rightOrWrong(isRightAnswer(answer, type, target), String(answer), target);
}

const dynamath: Task<Row> = {
  name: "dynamath",
  version: 2,
  about: "501 problems in ten variants each: a problem counts if every variant is solved (Zou et al. 2024).",
  cite: "https://arxiv.org/abs/2411.00836; official scoring follows DynaMath/DynaMath evaluation/gpt_4o_json_eval.py, where a reply that is no JSON is wrong (a bare number or list ends the script; here it is wrong); lmms-eval has only a form with reasoning",
  splits: {
    test: split("kcz358/DynaMath", "test"),
    all: { ...split("lscpku/DynaMath_Sample", "sample_all"), rows: 5010 },
  },
  tsv: {
    files: { all: "DynaMath" },
    rows: ({ qid, image, answer, ...cells }) => [{ ...cells, id: qid, decoded_image: image, ground_truth: answer }],
  },
  row,
  id: ({ id, decoded_image: image, question, ground_truth: target }) =>
    `${id} ${rowDigest(image.path, question, target)}`, // a variant may have the words of another, or its image
  cluster: ({ id }) => String(id),
  limitByCluster: true, // fewer variants would make a problem easier
  profiles: ["default", "vlmevalkit", "vlmevalkit-noprompt"],
  prompt: (row, profile) =>
    profile.startsWith("vlmevalkit")
      ? userPrompt(row.decoded_image, vlmEvalKitWords(row, profile === "vlmevalkit-noprompt"))
      : userPrompt(officialWords(row), row.decoded_image),
  generation: { maxNewTokens: 2048, temperature: 0 },
  judge: {
    model: "gpt-4o-mini",
    template: dynaMathFormatting("{response}", "float"),
    scorings: ["vlmevalkit"],
    ask({ answer_type: type }, { text }, verdicts, scoring) {
      const isDecided = scoring !== "vlmevalkit" || verdicts.length > 0 || ruledAnswer(text, type) !== undefined;
      return isDecided ? undefined : dynaMathToJudge(text, type);
    },
  },
  hasReference: ({ answer_type: type, ground_truth: target }) =>
    type === "float" ? Number.isFinite(parseFloatPython(target)) : hasText(target),
  defects: {
    official: ['"π" alone is no number', 'of options the first three characters count: "BD" is right for B and for D'],
    vlmevalkit: ["a part of a text is right, an empty one too"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { average_accuracy: "Overall of Average", worst_case_accuracy: "Overall of Worst Case" } },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    if (scoring === "vlmevalkit") return withPass(vlmEvalKitScore(row, text, verdict));
    const { answer, right } = officialReading(text, row.answer_type, row.ground_truth);
    return withPass(guessedOr(answer === undefined, rightOrWrong(right, String(answer ?? ""), row.ground_truth)));
  },
  metrics: [mean("average_accuracy"), circularAccuracy("worst_case_accuracy")],
  groups: {
    subject: ({ subject }) => subject,
    level: ({ knowledge_level: level }) => level ?? undefined,
    answer_type: ({ answer_type: type }) => type,
  },
};

const reasoning = thoughts.form(dynamath, {
  name: "dynamath_reasoning",
  tags: "think",
  prompt: ({ decoded_image: image, question }) => userPrompt(image, strip(question)),
  gold: ({ ground_truth: target }) => target,
  metrics: [circularAccuracy("worst_case_accuracy", { of: "acc_score" })],
  data: () => everyVariant,
});

export default [defineTask(dynamath), defineTask(reasoning)];

/** None is the first. */
const everyVariant = { first: true };

function withPass(score: Score): Score {
  return score.status === "scored" ? { ...score, data: everyVariant } : score;
}
