import { defineTask, mean, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({ id: Type.String(), question: Type.String(), hint: Type.String(), answer: Type.String() });

export default defineTask<Static<typeof row>>({
  name: "rounds",
  version: 1,
  about: "A wrong answer is followed by a hint, once.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  prompt: ({ question }) => userPrompt(question),
  next: ({ question, hint, answer }, turns) => {
    const said = turns.at(-1)?.text ?? "";
    if (turns.length > 1 || said.trim() === answer) return "done";
    return {
      messages: [
        ...userPrompt(question).messages,
        { role: "assistant", parts: [{ type: "text", text: said }] },
        ...userPrompt(hint).messages,
      ],
    };
  },
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ answer }, { text }, { turns }) => ({
    status: "scored",
    value: text.trim() === answer ? 1 / turns.length : 0,
    answer: text.trim(),
  }),
  metrics: [mean("accuracy")],
});
