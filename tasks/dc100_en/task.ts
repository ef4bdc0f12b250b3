import { defineTask, Image, mean, notJudged, rowDigest, type Static, type Task, Type, userPrompt } from "llava-eval";

const row = Type.Object({ question: Type.String(), answer: Type.String(), image: Image() });
type Row = Static<typeof row>;

/** The rating that the benchmark means. lmms-eval's judge sees neither the image nor the caption, and always gives 0. */
const rating = (caption: string) =>
  `Text Caption: ${caption}\nFrom 0 to 100, how much do you rate for this Text Caption in terms of the correct and comprehensive description of the image?\nDo not dominant the rating by a single attribute such as recognition correctness, but a overall rating on the object/scene appearance, position, pose, action, shape, etc., and contents in the background. \nDo not consider the appropriateness or sensitive descriptors, such as "middle-aged western man", judge based on if it has correct specifications of the object and scenes in image.\nProvide a few lines for explanation and the rate number at last after "Final Score:".`;

const english: Task<Row> = {
  name: "dc100_en",
  version: 1,
  about:
    "Detailed captions of a hundred images, rated from 0 to 100 by a judge that sees the image (lmms-lab, internal).",
  cite: "https://llava-vl.github.io/blog/2024-04-30-llava-next-video/; the data may be private",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/DC100_EN", "lmms-lab/DC100_EN"],
      split: "test",
      rows: 100,
      licence: "not stated by the owners",
      answers: "public",
    },
  },
  row,
  id: ({ question, answer, image }) => rowDigest(image.path, question, answer),
  prompt: ({ image, question }) => userPrompt(image, question),
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4-vision-preview",
    template: rating("{answer}"),
    ask: ({ image }, output, verdicts) =>
      verdicts.length > 0
        ? undefined
        : {
            prompt: userPrompt(image, rating(output.text)),
            options: { temperature: 0, maxNewTokens: 1024 },
            parse: finalScore,
            attempts: 3,
          },
  },
  defects: {
    "lmms-eval": ["its judge sees neither image nor caption: always 0"],
  },
  score(_, output, { verdicts: [verdict], scoring }) {
    const answer = output.text;
    if (scoring === "lmms-eval") return { status: "scored", value: 0, answer };
    return verdict === undefined ? notJudged : { status: "scored", value: Number(verdict), answer };
  },
  metrics: [mean("rating", { unit: "points", range: [0, 100] })],
};

/** Asked and rated as the English ones: lmms-eval's file differs in the words of a judge that never sees the image. */
const chinese: Task<Row> = {
  ...english,
  name: "dc200_cn",
  about: "Detailed captions of two hundred images, asked for in Chinese, rated as in dc100_en (lmms-lab, internal).",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/DC200_CN", "lmms-lab/DC200_CN"],
      split: "test",
      licence: "not stated by the owners",
      answers: "public",
    },
  },
};

export default [defineTask(english), defineTask(chinese)];

/** The number after the last "Final Score:", 0..100. */
function finalScore(reply: string): number | undefined {
  const found = /^[\s*]*(\d{1,3}(?:\.\d+)?)/.exec(reply.split("Final Score:").slice(1).at(-1) ?? "");
  const score = found ? Number(found[1]) : Number.NaN;
  return score >= 0 && score <= 100 ? score : undefined;
}
