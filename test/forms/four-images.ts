import { defineTask, Image, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.String(), images: Type.Array(Image()), answer: Type.String() });

export default defineTask<Static<typeof row>>({
  name: "four_images",
  version: 1,
  about: "Some images in one question.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ images }) => userPrompt(...images, "Are all of them red?"),
  generation: { maxNewTokens: 4, temperature: 0 },
  score: ({ answer }, { text }) => ({ status: "scored", value: Number(text.trim() === answer), answer: text.trim() }),
  metrics: [mean("accuracy")],
});
