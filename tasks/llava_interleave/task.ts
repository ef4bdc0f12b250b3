import {
  defineTask,
  Image,
  type ImageRef,
  imagesAtMarks,
  mean,
  meanOfGroups,
  Nullable,
  type Prompt,
  rightOrWrong,
  type Split,
  type Static,
  strip,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import { choiceOf, freeScore, hasWord } from "./score.js";

const turn = Type.Object({ from: Type.String(), value: Type.String() });
const row = Type.Object({
  sample_id: Type.Union([Type.Integer(), Type.String()]),
  ...Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [`image_${i}`, Type.Optional(Nullable(Image()))] as const),
  ),
  question: Type.String(), // "<image> <image>\nWhich ...?"
  answer: Type.String(),
  question_type: Type.Enum(["multi-choice", "open-ended"]),
  sub_task: Type.String(), // the data set that it is from
  conversations: Type.Optional(Nullable(Type.Union([Type.String(), Type.Array(turn)]))),
});
type Row = Static<typeof row>;

/** The data sets of a category. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  "Spot-the-Diff": ["Spot-the-Diff", "Birds-to-Words", "CLEVR-Change"],
  "Image-Edit": ["IEdit", "HQ-Edit", "MagicBrush"],
  "Visual-Story-Telling": ["AESOP", "FlintstonesSV", "PororoSV", "VIST"],
  "Visual-Cloze": ["COMICS_Dialogue", "RecipeQA_VisualCloze"],
  "Text-Rich-VQA": ["WebQA", "TQA", "OCR-VQA", "DocVQA"],
  "Multi-Image-VQA": [
    ...["MIT-States_StateCoherence", "MIT-States_PropertyCoherence", "VISION", "RecipeQA_ImageCoherence"],
  ],
  Puzzle: ["RAVEN"],
  NLVR2: ["NLVR2_Mantis"],
  ...Object.fromEntries(
    [
      "QBench",
      "ScanQA",
      "ALFRED",
      "nuscenes",
      "ScanNet_chat",
      "ScanNet_task",
      "BLINK",
      "MathVerse",
      "SciVerse",
      "Mantis",
    ].map((name) => [name, [name]]),
  ),
};
const categoryOf = ({ sub_task: name }: Row): string | undefined =>
  Object.keys(CATEGORIES).find((category) => CATEGORIES[category]?.includes(name));

/** A category's data sets share its weight: with all of them, the mean of the categories' means of data sets. */
const WEIGHTS = Object.fromEntries(
  Object.values(CATEGORIES).flatMap((names) => names.map((name) => [name, 1 / names.length] as const)),
);

function imagesOf(row: Row): readonly ImageRef[] {
  const columns = row as Readonly<Record<string, unknown>>;
  return Array.from({ length: 16 }, (_, i) => columns[`image_${i}`] as ImageRef | null | undefined).flatMap(
    (image) => image ?? [],
  );
}

const split = (config: string): Split => ({
  sources: ["lmms-lab-encoder/LLaVA-NeXT-Interleave-Bench", "lmms-lab/LLaVA-NeXT-Interleave-Bench"],
  ...{ configs: [config], split: "test", licence: "not stated", answers: "public" },
});

/** A Python list of dictionaries as JSON. */
function conversationText({ conversations, question }: Row): string {
  if (typeof conversations === "string") return conversations;
  const text = (value: string) =>
    JSON.stringify(value).replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const turns = conversations?.map(({ from, value }) => `{"from": ${text(from)}, "value": ${text(value)}}`);
  return turns === undefined ? question : `[${turns.join(", ")}]`;
}

const shared = {
  version: 2,
  row,
  id: ({ sample_id, sub_task }) => `${sub_task} ${sample_id}`,
  profiles: ["default", "official"],
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer }) => hasWord(answer),
  defects: {
    "lmms-eval": [
      "16 tokens cut free answers (here: 1,024)",
      'the article "a" is an A',
      "free answers are compared with case and punctuation",
    ],
  },
  score(row, { text }, { scoring }) {
    const { answer, question_type: type } = row;
    if (type === "open-ended")
      return { status: "scored", value: freeScore(text, answer, scoring), answer: strip(text), targets: [answer] };
    const choice = choiceOf(text, "reply", scoring);
    return rightOrWrong(choice === choiceOf(answer, "reference", scoring), choice, answer);
  },
  metrics: [
    meanOfGroups("mean_of_data_sets", {
      group: "sub_task",
      weights: WEIGHTS,
      missing: () => "left out",
      perGroup: false,
    }),
    meanOfGroups("mean_of_categories", { group: "category", perGroup: false }), // lmms-eval's
    mean("mean_of_samples"),
  ],
  groups: {
    category: categoryOf,
    sub_task: ({ sub_task: name }) => name,
    question_type: ({ question_type: type }) => type,
  },
} satisfies Partial<Task<Row>>;

/** The authors' words stand around the images; lmms-eval's behind them, with the marks left in. */
const prompt = (row: Row, words: string, profile: string): Prompt =>
  profile === "official" ? imagesAtMarks(imagesOf(row), row.question) : userPrompt(...imagesOf(row), words);

const cite =
  "https://arxiv.org/abs/2407.07895; official scoring follows LLaVA-VL/LLaVA-NeXT llava/eval/evaluate_interleave.py, lmms-eval llava_interleave_bench/utils.py, which lets a model write 16 tokens (here 1,024, as the authors). Conversations of several turns, which the authors ask turn by turn, are asked at once, as lmms-eval does";

const singleView = defineTask<Row>({
  ...shared,
  name: "llava_interleave",
  aliases: ["llava_interleave_bench_in_domain", "llava_interleave_bench_out_domain@out_of_domain"],
  about:
    "Several images in one question, of 22 data sets and four more: differences, stories, puzzles, comparisons (Li et al. 2024).",
  cite,
  splits: { in_domain: split("in_domain"), out_of_domain: split("out_of_domain") },
  prompt: (row, profile) => prompt(row, row.question, profile),
});

const multiView = defineTask<Row>({
  ...shared,
  name: "llava_interleave_multi_view",
  aliases: ["llava_interleave_bench_multi_view"],
  about: "Questions about rooms and streets that are seen in several images (Li et al. 2024).",
  cite: `${cite}. lmms-eval sends the conversation as JSON`,
  splits: { in_domain: split("multi_view_in_domain") },
  prompt: (row, profile) => prompt(row, conversationText(row), profile),
});

export default [singleView, multiView] as const;
