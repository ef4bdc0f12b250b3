import { defineTask, Nullable, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.Integer(), question: Type.String(), answer: Nullable(Type.String()) });

export default defineTask<Static<typeof row>>({
  name: "unlabelled",
  version: 1,
  about: "Answers are secret: a file for an evaluation server instead of a score.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "secret" } },
  row,
  id: ({ id }) => String(id),
  prompt: ({ question }) => userPrompt(question),
  generation: { maxNewTokens: 8, temperature: 0 },
  metrics: [],
  submission: {
    file: "unlabelled_test.json",
    entry: ({ id }, answer) => ({ question_id: id, answer }),
    schema: Type.Object({ question_id: Type.Integer(), answer: Type.String() }, { additionalProperties: false }),
  },
});
