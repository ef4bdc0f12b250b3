import {
  defineTask,
  Image,
  mean,
  Nullable,
  rightOrWrong,
  rowDigest,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { countInDigits } from "./score.js";

const row = Type.Object({
  image: Image(),
  text: Type.Optional(Nullable(Type.String())), // the image's caption, which tells the number
  question: Type.String(),
  number: Type.Integer(),
});
type Row = Static<typeof row>;

const LMMS_REQUEST =
  "Look at the image carefully and count the objects. Answer with just a number, without any additional text. ";
const VLMEVALKIT_REQUEST = " Note that: answer with a number directly e.g. 3. Do not include any additional text.";

const exact: Task<Row> = {
  name: "countbenchqa",
  version: 1,
  about: "How many of a thing there are, from 2 to 10 (Beyer et al. 2024, after Paiss et al. 2023).",
  cite: "https://arxiv.org/abs/2407.07726; PaliGemma's own script was not at hand: both scorings are lmms-eval's equality with the number",
  splits: {
    test: { sources: ["vikhyatk/CountBenchQA"], split: "test", rows: 491, licence: "not stated", answers: "public" },
  },
  tsv: { files: { test: "CountBenchQA" }, rows: ({ answer, ...cells }) => [{ ...cells, number: answer }] },
  row,
  id: ({ image, question, number }) => rowDigest(image.path, question, String(number)), // the rows have no id
  // lmms-eval's words begin with the caption, which contains the count: its published numbers are on that prompt.
  profiles: ["default", "lmms-eval", "vlmevalkit"],
  prompt({ image, text, question }, profile) {
    if (profile === "vlmevalkit") return userPrompt(image, question + VLMEVALKIT_REQUEST);
    const caption = profile === "lmms-eval" && text ? `${text}\n\n` : "";
    return userPrompt(image, `${caption}${question}\nAnswer with a single number.`);
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ number }) => number >= 0,
  defects: {
    "lmms-eval": ["its words begin with a caption that states the count (profile lmms-eval)"],
    vlmevalkit: ['the number may stand anywhere: "13" is a 3'],
  },
  scorings: ["vlmevalkit"], // the number is anywhere in the reply: "13" counts for 3
  reportedAs: { vlmevalkit: { accuracy: "accuracy" } },
  score({ number }, { text }, { scoring }) {
    const right = scoring === "vlmevalkit" ? text.includes(String(number)) : strip(text) === String(number);
    return rightOrWrong(right, strip(text), String(number));
  },
  metrics: [mean("accuracy")],
  groups: { number: ({ number }) => String(number) },
};

const reasoning = thoughts.form(exact, {
  name: "countbenchqa_reasoning",
  tags: "analysis",
  prompt: ({ image, text, question }) => userPrompt(image, strip(text ? `${text}\n\n${question}` : question)),
  gold: ({ number }) => String(number),
});

export default [
  defineTask(exact),
  defineTask<Row>({
    ...exact,
    name: "countbench",
    about: "CountBenchQA as lmms-eval's other task asks it: no caption, number words count (Paiss et al. 2023).",
    cite: "https://arxiv.org/abs/2302.12066; scoring follows lmms-eval countbench/utils.py",
    profiles: ["default"],
    defects: {},
    scorings: [],
    reportedAs: {},
    prompt: ({ image, question }) => userPrompt(image, LMMS_REQUEST + question.trim()),
    generation: { maxNewTokens: 16, temperature: 0 },
    score({ number }, { text }) {
      const answer = countInDigits(text);
      return rightOrWrong(answer === String(number), answer, String(number));
    },
  }),
  defineTask(reasoning),
];
