import {
  bracketedOptions,
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  LETTER_DIRECTLY,
  letteredOptions,
  mean,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { vstarLetter, vstarQuestion } from "./letter.js";

const row = Type.Object({
  image: Image(),
  text: Type.String(), // "What is ...? (A) ... (B) ..."
  category: Type.Enum(["direct_attributes", "relative_position"]),
  label: Type.String(),
  question_id: Type.Union([Type.String(), Type.Integer()]),
});
type Row = Static<typeof row>;

function wordsOf(text: string): string {
  const { question, options } = vstarQuestion(text);
  return options.length === 0 ? question : `${question}\n${letteredOptions(options)}`;
}

const all: Task<Row> = {
  name: "vstar_bench",
  aliases: ["vstar"],
  version: 2,
  about: "Small details in very large images (Wu and Xie 2023).",
  cite: "https://arxiv.org/abs/2312.14135; scoring follows lmms-eval vstar_bench/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/vstar-bench", "lmms-lab/vstar-bench"],
      split: "test",
      rows: 191,
      licence: "mit",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "VStarBench" },
    rows: ({ index, question, answer, ...cells }) => [
      {
        ...{ ...cells, question_id: index, label: answer },
        text: `${question} ${bracketedOptions(vlmEvalKit.optionsOf(cells)).replaceAll("\n", " ")}`.trimEnd(),
      },
    ],
  },
  row,
  id: ({ question_id, category }) => `${category}/${question_id}`,
  prompt: ({ image, text }) => userPrompt(image, `${wordsOf(text)}\n${LETTER_DIRECTLY}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ label, text }) => isOptionLetter(label.trim().toUpperCase(), 4, text),
  defects: {
    official: ['"Blue" is a B'],
    "lmms-eval": ['"Blue" is a B', "its halves cannot be loaded (here: they can)"],
  },
  score: ({ label }, output) => chosen(vstarLetter(output.text), label.trim().toUpperCase()),
  metrics: [mean("accuracy")],
  groups: { category: ({ category }) => category },
};

/** One category alone, as lmms-eval names it. */
const only = (wanted: Row["category"]): Task<Row> => ({
  ...all,
  name: `vstar_bench_${wanted}`,
  aliases: [],
  about: `V*Bench's questions on ${wanted.replace("_", " ").replace("direct attributes", "attributes of one object")} (Wu and Xie 2023).`,
  expand: (row) => (row.category === wanted ? [row] : []),
  reportedAs: { vlmevalkit: { accuracy: wanted } },
});

/** Its VStarBench, which has question and options apart. */
const asked = (task: Task<Row>) =>
  defineTask(
    vlmEvalKit.choices(task, ({ image, text, label }) => ({
      ...vstarQuestion(text),
      ...{ gold: label.trim().toUpperCase(), images: [image] },
    })),
  );

const reasoning = (task: Task<Row>) =>
  defineTask(
    thoughts.form(task, {
      name: `${task.name}_reasoning`,
      tags: "analysis",
      prompt: ({ image, text }) => userPrompt(image, strip(wordsOf(text))),
      gold: ({ label }) => label.trim().toUpperCase(),
    }),
  );

const tasks = [all, only("direct_attributes"), only("relative_position")];

export default [...tasks.map(asked), ...tasks.map(reasoning)];
