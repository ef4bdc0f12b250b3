import { defineTask, hasText, Image, type Metric, mean, notJudged, type Static, Type, userPrompt } from "llava-eval";
import { mmvetTable, vlmEvalKitTable } from "./judge.js";
import { correctnessScore, mmvetCapabilities, wholeScore } from "./score.js";

const row = Type.Object({
  question_id: Type.String(),
  image: Image(),
  question: Type.String(),
  answer: Type.String(), // elements joined by <AND> or <OR>
  capability: Type.String(), // "ocr,math"
});
type Row = Static<typeof row>;

const REASON_FIRST =
  "First please perform reasoning, and think step by step to provide best answer to the following question: \n\n";

export default defineTask<Row>({
  name: "mmvet",
  version: 2,
  about: "Open questions that combine six capabilities, graded from 0 to 1 by a judge (Yu et al. 2023).",
  cite: "https://arxiv.org/abs/2308.02490; official scoring follows yuweihao/MM-Vet mm-vet_evaluator.py with one run",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/MMVet", "lmms-lab/MMVet"],
      split: "test",
      rows: 218,
      licence: "apache-2.0",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "MMVet" },
    rows: ({ index, category, ...cells }) => [{ ...cells, question_id: index, capability: category }],
  },
  row,
  id: ({ question_id }) => question_id,
  profiles: ["default", "official", "vlmevalkit"],
  prompt: ({ image, question }, profile) =>
    userPrompt(image, profile === "default" ? REASON_FIRST + question : question),
  generation: { maxNewTokens: 1024, temperature: 0.2, topP: 1 },
  judge: {
    model: "gpt-4-0613",
    template: mmvetTable({ question: "{question}", answer: "{answer}" }, "{prediction}", "official"),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      return {
        prompt: userPrompt(mmvetTable(row, output.text, scoring)),
        options: { temperature: 0, maxNewTokens: 128 },
        parse: correctnessScore,
        // As often as lmms-eval asks, which then gives 0.
        attempts: 4,
      };
    },
  },
  judgesByScoring: {
    vlmevalkit: {
      model: "gpt-4-1106-preview", // its "gpt-4-turbo"
      template: vlmEvalKitTable({ question: "{question}", answer: "{answer}" }, "{prediction}"),
      ask: (row, { text }, verdicts) =>
        verdicts.length > 0
          ? undefined
          : {
              prompt: userPrompt(vlmEvalKitTable(row, text)),
              options: { temperature: 0 },
              parse: wholeScore,
              attempts: 5, // after which it gives 0
            },
    },
  },
  defects: {
    "lmms-eval": [
      "the table for its judge begins with gpt_query_prompt",
      "a judge without a number is 0 (here: no score)",
    ],
    vlmevalkit: [
      "a question of one ability alone counts twice in that ability",
      "five replies that are no number are 0 (here: no score)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      score: "acc of Overall",
      ...Object.fromEntries(mmvetCapabilities.map((name) => [`score_${name}`, `acc of ${name}`])),
    },
  },
  hasReference: ({ answer }) => hasText(answer),
  score({ answer, capability }, output, { verdicts: [score] }) {
    if (typeof score !== "number") return notJudged;
    const needed = mmvetCapabilities.filter((name) => capability.includes(name));
    const value = { score, ...Object.fromEntries(needed.map((name) => [name, score])) };
    return { status: "scored", value, answer: output.text, targets: [answer] };
  },
  metrics: [mean("score", { of: "score" }), ...mmvetCapabilities.map(abilityMean)],
  groups: { capabilities: ({ capability }) => capability.split(",").sort().join("_") },
});

/** VLMEvalKit keeps abilities and their combinations in one table: in it a question that needs an ability alone counts twice. */
function abilityMean(name: (typeof mmvetCapabilities)[number]): Metric {
  const metric = mean(`score_${name}`, { of: name, perGroup: false });
  return {
    ...metric,
    start(context) {
      const fold = metric.start(context);
      if (context.scoring !== "vlmevalkit") return fold;
      return {
        ...fold,
        add(sample) {
          fold.add(sample);
          if (sample.groups.capabilities === name) fold.add(sample);
        },
      };
    },
  };
}
