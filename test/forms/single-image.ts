import { defineTask, Image, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.Integer(), image: Image(), question: Type.String(), answer: Type.String() });

export default defineTask<Static<typeof row>>({
  name: "single_image",
  version: 1,
  about: "One image, one short answer.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", rows: 3, licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => String(id),
  prompt: ({ image, question }) => userPrompt(image, question),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ answer }, output) => {
    const said = output.text.trim().toLowerCase();
    return { status: "scored", value: said === answer ? 1 : 0, answer: said, targets: [answer] };
  },
  metrics: [mean("accuracy")],
  groups: { length: ({ answer }) => (answer.length > 3 ? "long" : "short") },
});
