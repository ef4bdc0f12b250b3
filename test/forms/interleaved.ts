import { defineTask, Image, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.String(), first: Image(), second: Image(), answer: Type.String() });

export default defineTask<Static<typeof row>>({
  name: "interleaved",
  version: 1,
  about: "Two images with words between them.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ first, second }) => userPrompt("A: ", first, "\nB: ", second, "\nWhich is red, A or B?"),
  generation: { maxNewTokens: 4, temperature: 0 },
  score: ({ answer }, { text }) => ({ status: "scored", value: Number(text.trim() === answer), answer: text.trim() }),
  metrics: [mean("accuracy")],
});
