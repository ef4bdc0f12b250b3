import {
  defineTask,
  hasText,
  Image,
  lower,
  mean,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { realWorldQaScore } from "./score.js";

const row = Type.Object({
  image: Image(),
  question: Type.String(), // with options and an instruction
  answer: Type.String(),
  image_path: Type.String(),
});
type Row = Static<typeof row>;

const realWorldQa: Task<Row> = {
  name: "realworldqa",
  version: 2,
  about: "Spatial questions on photographs from cars and streets (xAI 2024).",
  cite: "https://x.ai/news/grok-1.5v; scoring follows lmms-eval realworldqa/utils.py; official: without its last rule, a capital letter anywhere",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/RealWorldQA", "lmms-lab/RealWorldQA"],
      split: "test",
      rows: 765,
      licence: "cc-by-nd-4.0",
      answers: "public",
    },
  },
  row,
  tsv: {
    files: { test: "RealWorldQA" },
    // The benchmark's own question lists its options.
    rows: ({ index, question, image_path: path, ...cells }) => {
      const options = vlmEvalKit.optionsOf(cells).map((option, i) => `${"ABCDEFGHI"[i]}. ${option}`);
      return [{ ...cells, question: [question, ...options].join("\n"), image_path: path || index }];
    },
  },
  id: ({ image_path }) => image_path,
  prompt: ({ image, question }) => userPrompt(image, question.trim()),
  options: { in: [], text: "question", right: "answer", as: "letter" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    "lmms-eval": ['a reply that begins with the article "A" is an A'],
  },
  score: ({ answer }, output, context) => realWorldQaScore(answer, output, context),
  metrics: [mean("accuracy")],
};

/** The words without options and instruction, and the options: lines such as "A. Left". */
function parted(words: string): { readonly question: string; readonly options: readonly string[] } {
  const lines = words.split("\n");
  const options = lines.flatMap((line) => /^[A-D]\. ?(.*)$/.exec(line)?.[1] ?? []);
  const first = lines.findIndex((line) => /^[A-D]\. ?/.test(line));
  return first < 0 ? { question: words, options } : { question: lines.slice(0, first).join("\n"), options };
}

const reasoning = thoughts.form(realWorldQa, {
  name: "realworldqa_reasoning",
  tags: "think",
  prompt: ({ image, question }) => userPrompt(image, question.trim()),
  // lmms-eval makes the reference alone lower case: there no capital letter is ever right.
  defects: ["the reference alone is made lower case: no capital letter is ever right"],
  gold: ({ answer }, scoring) => strip(scoring === "lmms-eval" ? lower(answer) : answer),
});

/** Its RealWorldQA, which has question and options apart. */
const withOptions = vlmEvalKit.choices(realWorldQa, ({ image, question, answer }) => ({
  ...{ ...parted(question.trim()), gold: answer.trim(), images: [image] },
}));

export default [defineTask(withOptions), defineTask(reasoning)];
