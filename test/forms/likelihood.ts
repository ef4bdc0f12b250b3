import { defineTask, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  choices: Type.Array(Type.String()),
  answer: Type.Integer(),
});

export default defineTask<Static<typeof row>>({
  name: "likelihood",
  version: 1,
  about: "The likeliest of several continuations is the answer.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ question }) => userPrompt(question),
  choices: ({ choices }) => choices,
  generation: { maxNewTokens: 1, temperature: 0 },
  score: ({ choices, answer }, { text }) => ({
    status: "scored",
    value: Number(text === choices[answer]),
    answer: text,
  }),
  metrics: [mean("accuracy")],
});
