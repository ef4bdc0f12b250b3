import {
  chosen,
  defineTask,
  Image,
  inferChoice,
  isOptionLetter,
  LETTER_DIRECTLY,
  leadingLetter,
  mean,
  meanOfGroups,
  optionLetters,
  rightOrWrong,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { cvBenchCorrect, cvBenchLetter } from "./score.js";

const row = Type.Object({
  idx: Type.Integer(),
  type: Type.String(), // 2D, 3D
  task: Type.String(), // Count, Relation, Depth, Distance
  image: Image(),
  choices: Type.Array(Type.String()),
  answer: Type.String(), // "(A)"
  prompt: Type.String(), // the question with its choices
  source: Type.String(), // ADE20K, COCO, Omni3D
});
type Row = Static<typeof row>;

const lettered = (choices: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(choices.map((choice, i) => [optionLetters(choices.length)[i], choice]));
const goldOf = ({ answer }: Row): string => strip(answer, "()");
const split = {
  sources: ["nyu-visionx/CV-Bench"],
  split: "test",
  licence: "apache-2.0",
  answers: "public",
} as const;

/** VLMEvalKit has a file for each kind, with its options in columns. */
const tsvOf = (file: string): NonNullable<Task<Row>["tsv"]> => ({
  files: { test: file },
  rows: ({ index, split = "", category = "", answer = "", ...cells }) => [
    { idx: index, type: split, task: category, ...cells, choices: vlmEvalKit.optionsOf(cells), answer: `(${answer})` },
  ],
});

const whole: Task<Row> = {
  name: "cv_bench",
  version: 1,
  about: "Counting, relations, depth and distance, asked on ADE20K, COCO and Omni3D (Tong et al. 2024).",
  cite: "https://arxiv.org/abs/2406.16860; official scoring follows cambrian-mllm/cambrian eval/eval/{ade,coco,omni}; lmms-eval reports accuracy over all rows, not the paper's mean of sources",
  splits: { test: { ...split, configs: ["default"], rows: 2638 } },
  row,
  id: ({ idx }) => String(idx),
  profiles: ["default", "official", "vlmevalkit"],
  prompt({ image, choices, prompt }, profile) {
    if (profile === "official") return userPrompt(image, `${prompt}\n${LETTER_DIRECTLY}`);
    if (profile === "vlmevalkit") return userPrompt(image, prompt);
    const letters = optionLetters(choices.length).join(", ");
    const note = `Note: You only need to respond with ${letters} without providing any additional information.\n`;
    return userPrompt(image, `${note}\n${prompt}`);
  },
  options: { in: ["choices"], text: "prompt", right: "answer", as: "letter" },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: (row) => isOptionLetter(goldOf(row), row.choices),
  defects: {
    official: ['"The answer is: D" is a ":"'],
    "lmms-eval": [
      '"Answer: B" is an A, "The answer is B." a T',
      "its number is the mean of rows (here: accuracy), the paper's that of sources",
    ],
  },
  scorings: ["vlmevalkit"],
  score(row, { text }, { scoring }) {
    const gold = goldOf(row);
    if (scoring === "lmms-eval") return chosen(leadingLetter(text), gold);
    if (scoring === "vlmevalkit") return chosen(inferChoice(text, lettered(row.choices), "vlmevalkit"), gold);
    const letter = cvBenchLetter(text, row.source);
    const option = row.choices[gold.charCodeAt(0) - 65] ?? "";
    return letter === ""
      ? chosen("", gold)
      : rightOrWrong(cvBenchCorrect(letter, gold, option, row.source), letter, gold);
  },
  metrics: [
    meanOfGroups("cv_bench", {
      group: "source",
      weights: { ADE20K: 1 / 4, COCO: 1 / 4, Omni3D: 1 / 2 },
      perGroup: false,
    }),
    mean("accuracy"),
  ],
  groups: { source: ({ source }) => source, task: ({ task }) => task, type: ({ type }) => type },
};

const onPlane: Task<Row> = {
  ...whole,
  name: "cv_bench_2d",
  about: "CV-Bench's questions on ADE20K and COCO: counting and relations (Tong et al. 2024).",
  splits: { test: { ...split, configs: ["2D"] } },
  tsv: tsvOf("CV-Bench-2D"),
  reportedAs: { vlmevalkit: { average_of_sources: "Overall" } },
  metrics: [meanOfGroups("average_of_sources", { group: "source", perGroup: false }), mean("accuracy")],
};
const inSpace: Task<Row> = {
  ...whole,
  name: "cv_bench_3d",
  about: "CV-Bench's questions on Omni3D: depth and distance (Tong et al. 2024).",
  splits: { test: { ...split, configs: ["3D"] } },
  tsv: tsvOf("CV-Bench-3D"),
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  metrics: [mean("accuracy")],
};

const reasoning = (task: Task<Row>) =>
  thoughts.form(task, {
    name: `${task.name}_reasoning`,
    tags: "analysis",
    prompt: ({ image, prompt }) => userPrompt(image, strip(prompt)),
    gold: ({ answer }) => answer,
  });

const asked = [whole, onPlane, inSpace];

export default [...asked, ...asked.map(reasoning)].map((task) => defineTask(task));
