import {
  chosen,
  defineTask,
  Image,
  letteredOptions,
  mean,
  optionLetters,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  id: Type.Integer(),
  image: Image(),
  question: Type.String(),
  options: Type.Array(Type.String()),
  answer: Type.Integer(), // position in options
});

export default defineTask<Static<typeof row>>({
  name: "choice",
  version: 1,
  about: "One image, lettered options, two ways of asking.",
  cite: "none: shows the form",
  splits: { test: { sources: ["none/forms"], split: "test", rows: 3, licence: "CC0-1.0", answers: "public" } },
  row,
  id: ({ id }) => String(id),
  imageKey: ({ image }) => image.path ?? "",
  profiles: ["default", "polite"],
  prompt: ({ image, question, options }, profile) =>
    userPrompt(image, `${profile === "polite" ? "Please: " : ""}${question}\n${letteredOptions(options)}`),
  options: { in: ["options"], right: "answer", as: "position" },
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ answer }, output) => chosen(strip(output.text).at(0), optionLetters(26)[answer] ?? ""),
  metrics: [mean("accuracy")],
});
