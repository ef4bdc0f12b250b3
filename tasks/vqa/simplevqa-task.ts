import {
  defineTask,
  hasText,
  Image,
  mean,
  Nullable,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { simpleVqaGrading, simpleVqaVerdict } from "./factual-judge.js";
import { factualF, factualScore } from "./factual-score.js";
import { evalAiNormalize } from "./normalize.js";

const row = Type.Object({
  data_id: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  image: Image(), // base64 text
  question: Type.String(),
  answer: Type.String(),
  language: Type.Optional(Nullable(Type.String())), // EN, CN
});
type Row = Static<typeof row>;

const AUTHORS =
  "If you are a computer vision expert, please understand the picture and answer the question below. The answer must be a short named entity:\n## Now let's ask the question:\n";

export default defineTask<Row>({
  name: "simplevqa",
  version: 1,
  about: "Facts about what an image shows, in English and Chinese: right, wrong or not attempted (Cheng et al. 2025).",
  cite: "https://arxiv.org/abs/2502.13059; official scoring follows SimpleVQA's judge, VLMEvalKit asks it at temperature 1; lmms-eval simplevqa/utils.py compares texts",
  splits: {
    test: { sources: ["m-a-p/SimpleVQA"], split: "test", rows: 2025, licence: "not stated", answers: "public" },
  },
  tsv: { files: { test: "SimpleVQA" } }, // its columns are the benchmark's, but for the id
  row,
  id: ({ data_id, image, question, answer }) => String(data_id ?? rowDigest(image.path, question, answer)),
  profiles: ["default", "official", "vlmevalkit", "qwen3_vl"],
  prompt({ image, question }, profile) {
    if (profile === "official") return userPrompt(image, `${AUTHORS}${question}\n`);
    if (profile === "vlmevalkit") return userPrompt(image, question);
    if (profile === "qwen3_vl")
      return userPrompt(image, `Question: ${strip(question)}\nAnswer with a short phrase only.`);
    return userPrompt(image, `${strip(question)}\nAnswer the question using a short phrase.`);
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  judge: {
    model: "gpt-4o",
    template: simpleVqaGrading("{question}", "{target}", "{prediction}"),
    scorings: ["official", "vlmevalkit"],
    ask({ question, answer }, output, verdicts, scoring) {
      if (verdicts.length > 0 || scoring === "lmms-eval") return undefined;
      const [said, temperature] = scoring === "official" ? [output.text, 0] : [`\n[预测答案0]：${output.text}`, 1];
      const prompt = userPrompt(simpleVqaGrading(question, answer, said));
      return { prompt, options: { temperature }, parse: simpleVqaVerdict };
    },
  },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    official: ["a verdict that it cannot read ends its script (here: no score)"],
    "lmms-eval": ["texts are compared by English rules, Chinese ones too: not the benchmark's number"],
    vlmevalkit: ["a verdict that it cannot read counts as none of the three (here: no score)"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      accuracy: "is_correct",
      f1: "f1",
      accuracy_given_attempted: "accuracy_given_attempted",
      attempted: "is_given_attempted",
      incorrect: "is_incorrect",
    },
  },
  score({ answer: target }, { text }, { scoring, verdicts: [verdict] }) {
    if (scoring !== "lmms-eval") return factualScore(verdict, strip(text), target);
    const answer = evalAiNormalize(text);
    const value = { correct: answer === evalAiNormalize(target) ? 1 : 0 };
    return { status: "scored", value, answer, targets: [target] };
  },
  metrics: [
    mean("accuracy", { of: "correct" }),
    factualF("f1"),
    mean("accuracy_given_attempted", { of: "correct_of_attempted" }),
    mean("attempted", { of: "attempted", direction: "neither" }),
    mean("incorrect", { of: "incorrect", direction: "lower" }),
  ],
  groups: { language: ({ language }) => language ?? undefined },
});
