import {
  defineTask,
  hasText,
  Image,
  looselyEqual,
  mean,
  Nullable,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { worldVqaGrading, worldVqaVerdict } from "./factual-judge.js";
import { factualF, factualScore } from "./factual-score.js";

const row = Type.Object({
  index: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  image: Image(),
  question: Type.String(),
  answer: Type.String(),
  language: Type.String(), // en, zh
  category: Type.String(), // Nature, Logo, ...
  difficulty: Type.String(), // easy, medium, hard
});
type Row = Static<typeof row>;

function inDetail({ question, language }: Row, profile: string): string {
  if (language === "zh") return `请尽可能提供详细的回答。\n${question}`;
  return `Please provide as much detail as possible in your answer.${profile === "official" ? " " : ""}\n${question}`;
}

/** What VLMEvalKit shows its judge of a reply. */
const withoutThoughts = (text: string): string =>
  strip(text.replace(/<think>.*?<\/think>/gs, "").replace(/<thinking>.*?<\/thinking>/gs, ""));

export default defineTask<Row>({
  name: "worldvqa",
  version: 2,
  about: "Names of what an image shows, from animals to logos, easy to hard; a judge decides (Moonshot AI 2026).",
  cite: "https://github.com/MoonshotAI/WorldVQA; official scoring asks its judge, VLMEvalKit another model in the same words about what follows the thoughts; lmms-eval worldvqa/worldvqa.yaml compares texts, which is not the benchmark's number",
  splits: { train: { sources: ["moonshotai/WorldVQA"], split: "train", licence: "not stated", answers: "public" } },
  tsv: { files: { train: "WorldVQA" } }, // its columns are the benchmark's
  row,
  id: ({ index, image, question, answer }) => String(index ?? rowDigest(image.path, question, answer)),
  profiles: ["default", "official", "vlmevalkit"],
  prompt: (row, profile) =>
    userPrompt(row.image, profile === "default" ? `${strip(row.question)}\nAnswer briefly.` : inDetail(row, profile)),
  generation: { maxNewTokens: 64, temperature: 0 },
  judge: {
    model: "gpt-oss-120b",
    template: worldVqaGrading("{question}", "{target}", "{prediction}"),
    scorings: ["official"],
    ask({ question, answer }, output, verdicts, scoring) {
      if (verdicts.length > 0 || scoring !== "official") return undefined;
      const prompt = userPrompt(worldVqaGrading(question, answer, output.text));
      return { prompt, options: { temperature: 0 }, parse: worldVqaVerdict, attempts: 10 };
    },
  },
  judgesByScoring: {
    vlmevalkit: {
      model: "gpt-4o-2024-11-20", // its "gpt-4o-1120"
      template: worldVqaGrading("{question}", "{target}", "{prediction}"),
      ask({ question, answer }, { text }, verdicts) {
        if (verdicts.length > 0) return undefined;
        const prompt = userPrompt(worldVqaGrading(question, answer, withoutThoughts(text)));
        return { prompt, options: { temperature: 0, maxNewTokens: 2048 }, parse: worldVqaVerdict, attempts: 10 };
      },
    },
  },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    official: ['"Correct" in a judge\'s reason counts (here: the label alone)'],
    "lmms-eval": ["texts are compared: not the benchmark's number"],
    vlmevalkit: ["after ten verdicts without a label the question counts as not attempted (here: no score)"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ accuracy: "Accuracy", f_score: "F-score" },
      ...{ accuracy_given_attempted: "CGA", attempted: "AttemptRate" },
    },
  },
  score({ answer: target }, { text }, { scoring, verdicts: [verdict] }) {
    if (scoring !== "lmms-eval") return factualScore(verdict, strip(text), target);
    const value = { correct: looselyEqual(text, target) ? 1 : 0 };
    return { status: "scored", value, answer: strip(text), targets: [target] };
  },
  metrics: [
    mean("accuracy", { of: "correct" }),
    factualF("f_score"),
    mean("accuracy_given_attempted", { of: "correct_of_attempted" }),
    mean("attempted", { of: "attempted", direction: "neither" }),
  ],
  groups: { difficulty: ({ difficulty }) => difficulty, category: ({ category }) => category },
});
