import { defineTask, type Metric, type Static, Type, userPrompt } from "llava-eval";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  options: Type.Array(Type.String()),
  answer: Type.Integer(),
  shift: Type.Optional(Type.Integer()),
});
type Row = Static<typeof row>;

/** All passes of a question must be right. */
const allRight: Metric = {
  name: "circular",
  unit: "fraction",
  direction: "higher",
  start() {
    const right = new Map<string, boolean>();
    return {
      add({ cluster, score }) {
        if (score.status === "scored") right.set(cluster, (right.get(cluster) ?? true) && score.value === 1);
      },
      finish: () => ({ value: [...right.values()].filter(Boolean).length / right.size, n: right.size }),
    };
  },
};

export default defineTask<Row>({
  name: "circular",
  version: 1,
  about: "Every question once for each rotation of its options; right only when all are.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row,
  expand: (one) => one.options.map((_, shift) => ({ ...one, shift })),
  id: ({ id, shift }) => `${id}+${shift}`,
  cluster: ({ id }) => id,
  prompt: ({ question, options, shift = 0 }) =>
    userPrompt(
      `${question}\n${options.map((_, i) => `${"ABCD"[i]}. ${options[(i + shift) % options.length]}`).join("\n")}`,
    ),
  generation: { maxNewTokens: 4, temperature: 0 },
  score: ({ options, answer, shift = 0 }, { text }) => {
    const letter = "ABCD"[(answer - shift + options.length) % options.length] ?? "";
    return { status: "scored", value: Number(text.trim() === letter), answer: text.trim(), targets: [letter] };
  },
  metrics: [allRight],
});
