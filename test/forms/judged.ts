import { defineTask, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.String(), question: Type.String(), reference: Type.String() });
const template = "Grade from 0 to 10.\nQuestion: {question}\nReference: {reference}\nAnswer: {answer}\nGrade:";

export default defineTask<Static<typeof row>>({
  name: "judged",
  version: 1,
  about: "A judge grades each answer from 0 to 10.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ question }) => userPrompt(question),
  generation: { maxNewTokens: 64, temperature: 0 },
  judge: {
    model: "stub",
    template,
    ask: ({ question, reference }, { text }, verdicts) =>
      verdicts.length > 0
        ? undefined
        : {
            prompt: userPrompt(
              template.replace("{question}", question).replace("{reference}", reference).replace("{answer}", text),
            ),
            parse: (reply) => {
              const grade = /^\s*(\d+)\s*$/.exec(reply)?.[1];
              return grade === undefined || Number(grade) > 10 ? undefined : Number(grade);
            },
          },
  },
  score: (_row, { text }, { verdicts }) => ({ status: "scored", value: Number(verdicts[0]) / 10, answer: text.trim() }),
  metrics: [mean("grade")],
});
