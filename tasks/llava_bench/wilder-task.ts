import { defineTask, hasText, Image, rowDigest, type Static, Type, userPrompt } from "llava-eval";
import { reviewText, WILDER_RULE } from "./judges.js";
import { reviewScale, scorePair } from "./question.js";
import { relativeScore } from "./relative-score.js";
import { reviewScore } from "./score.js";
import { plainScorePair, strictScorePair } from "./score-pair.js";

const row = Type.Object({ image: Image(), Question: Type.String(), Answer: Type.String() });
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "llava_wilder",
  aliases: ["llava_wilder_small"],
  version: 2,
  about:
    "Questions that users asked LLaVA; a judge that sees the image compares with GPT-4V's answer (Li et al. 2024).",
  cite: "https://llava-vl.github.io/blog/2024-05-10-llava-next-stronger-llms/; scoring follows lmms-eval llava_wilder/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/LLaVA-Bench-Wilder", "lmms-lab/LLaVA-Bench-Wilder"],
      split: "test",
      rows: 128,
      licence: "apache-2.0",
      answers: "public",
    },
  },
  row,
  id: ({ image, Question }) => rowDigest(image.path, Question), // the rows have no id
  prompt: ({ image, Question }) => userPrompt(image, Question),
  generation: { maxNewTokens: 4096, temperature: 0 },
  judge: {
    model: "gpt-4-vision-preview",
    template: reviewText({ question: "{Question}", reference: "{Answer}", answer: "{answer}", rule: WILDER_RULE }),
    ask({ image, Question, Answer }, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      const review = { question: Question, reference: Answer, answer: output.text, rule: WILDER_RULE };
      return {
        prompt: userPrompt(reviewText(review), image),
        options: { temperature: 0, maxNewTokens: 1024 },
        parse:
          scoring === "official"
            ? scorePair((reply) => plainScorePair(reply, "line"), reviewScale)
            : scorePair((reply) => strictScorePair(reply, "line"), reviewScale),
      };
    },
  },
  hasReference: ({ Answer }) => hasText(Answer),
  defects: {
    "lmms-eval": ["no question reaches its judge: always 100.0 (here: reviews count)"],
  },
  score: (_, output, context) => reviewScore(output.text, context),
  metrics: [relativeScore("relative_score")],
});
