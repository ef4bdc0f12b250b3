import { defineTask, hasText, Image, type Output, type Static, Type, userPrompt } from "llava-eval";
import { ferretRule } from "./ferret-rule.js";
import { REVIEWER, reviewText, withSystem } from "./judges.js";
import { reviewScale, scorePair } from "./question.js";
import { relativeScore } from "./relative-score.js";
import { reviewScore } from "./score.js";
import { plainScorePair, strictScorePair } from "./score-pair.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  context: Type.String(),
  gpt_answer: Type.String(),
  category: Type.String(), // refer_desc, refer_reason, ground_conv
  image_name: Type.String(),
  image: Image(),
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "ferret",
  version: 2,
  about: "Referring and grounding in conversation; a judge compares with GPT-4's answer (You et al. 2024).",
  cite: "https://arxiv.org/abs/2310.07704; rules and scoring follow apple/ml-ferret ferret/eval/ferret_gpt4_data",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/Ferret-Bench", "lmms-lab/Ferret-Bench"],
      split: "test",
      rows: 120,
      licence: "CC-BY-NC-4.0",
      answers: "public",
    },
  },
  row,
  id: ({ category, question_id }) => `${category}-${question_id}`,
  imageKey: ({ image_name }) => image_name,
  prompt: ({ image, question }) => userPrompt(image, question),
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4",
    template: ["refer_desc", "ground_conv"]
      .map((category) =>
        reviewText({
          context: "{context}",
          question: "{question}",
          reference: "{gpt_answer}",
          answer: "{answer}",
          rule: ferretRule(category),
        }),
      )
      .join("\n\n"),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      return {
        prompt: withSystem(REVIEWER, reviewText(review(row, output))),
        options: { temperature: 0.2, maxNewTokens: 1024 },
        parse:
          scoring === "official"
            ? scorePair((reply) => plainScorePair(reply, "line"), reviewScale)
            : scorePair((reply) => strictScorePair(reply, "line"), reviewScale),
        attempts: 3,
      };
    },
  },
  hasReference: ({ gpt_answer }) => hasText(gpt_answer),
  defects: {
    "lmms-eval": ["a review without scores counts as -1, -1 (here: asked again)"],
  },
  score: (_, output, context) => reviewScore(output.text, context),
  metrics: [relativeScore("relative_score")],
  groups: { category: ({ category }) => category },
});

function review({ question, context, gpt_answer, category }: Row, output: Output) {
  return { context, question, reference: gpt_answer, answer: output.text, rule: ferretRule(category) };
}
