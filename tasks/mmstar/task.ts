import {
  defineTask,
  Image,
  isOptionLetter,
  letteredOptions,
  MODEL_PROFILES,
  mean,
  meanOfGroups,
  Nullable,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { mmstarScore } from "./score.js";

const option = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  index: Type.Integer(),
  question: Type.String(), // with its options, but for VLMEvalKit's rows, which have them in columns
  ...{ A: option, B: option, C: option, D: option },
  image: Image(),
  answer: Type.String(),
  category: Type.String(),
  l2_category: Type.String(),
});
type Row = Static<typeof row>;

/** The question in the benchmark's own words: `...\nOptions: A: tree, B: bench, C: house, D: car`. */
function questionWithOptions(row: Row): string {
  const letters = ["A", "B", "C", "D"] as const;
  const options = letters.flatMap((letter) => (row[letter] ? [`${letter}: ${row[letter]}`] : []));
  return options.length === 0 ? row.question : `${row.question}\nOptions: ${options.join(", ")}`;
}

const LETTER_AT_ONCE = "Answer with the option's letter from the given choices directly";
const bareWords = (row: Row): string => questionWithOptions(row).trim().replaceAll(" Please answer yes or no.", "");

const article = 'a reply that begins with the article "A" is an A';

const tsvOf = (file: string): NonNullable<Task<Row>["tsv"]> => ({
  files: { val: file },
  rows: (cells) => [{ ...cells, l2_category: cells["l2-category"] ?? "" }],
});

const mmstar: Task<Row> = {
  name: "mmstar",
  version: 1,
  about: "1,500 questions that need the image, six capabilities (Chen et al. 2024).",
  cite: "https://arxiv.org/abs/2403.20330; official scoring follows MMStar-Benchmark/MMStar eval/vlmeval/evaluate/mmstar.py",
  splits: {
    val: { sources: ["Lin-Chen/MMStar"], split: "val", rows: 1500, licence: "not stated", answers: "public" },
  },
  tsv: tsvOf("MMStar"),
  row,
  id: ({ index }) => String(index),
  profiles: ["default", ...Object.keys(MODEL_PROFILES.mmstar)],
  prompt(row, profile) {
    const { image } = row;
    const words = bareWords(row);
    const usual = `${words}\n${LETTER_AT_ONCE}`;
    return userPrompt(image, MODEL_PROFILES.mmstar[profile]?.({ question: words }) ?? usual);
  },
  options: { in: ["A", "B", "C", "D"], text: "question", right: "answer", as: "letter" },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer }) => isOptionLetter(answer.trim().toUpperCase(), 4),
  defects: {
    "lmms-eval": [article],
  },
  score: ({ answer }, output, context) => mmstarScore(answer, output, context),
  // The authors average over all questions, lmms-eval over the means of the 18 finer categories.
  metrics: [mean("accuracy"), meanOfGroups("average", { group: "l2_category" })],
  groups: { category: ({ category }) => category, l2_category: ({ l2_category }) => l2_category },
};

/** The question and its options, which the benchmark's own rows have in one line: `Options: A: tree, B: bench`. */
function parted(row: Row): { readonly question: string; readonly options: readonly (string | null | undefined)[] } {
  const columns = [row.A, row.B, row.C, row.D];
  const at = row.question.lastIndexOf("\nOptions:");
  if (columns.some((option) => option) || at < 0) return { question: row.question, options: columns };
  const listed = row.question.slice(at + "\nOptions:".length);
  const marks = ["A", "B", "C", "D"].map((letter) => listed.search(new RegExp(`(?:^|,) *${letter}: `)));
  const options = marks.map((start, i) => {
    if (start < 0) return undefined;
    const rest = listed.slice(
      start,
      marks.slice(i + 1).find((next) => next > start),
    );
    return rest.replace(/^,? *[A-D]: /, "").trim();
  });
  return { question: row.question.slice(0, at), options };
}

const { tsv: _tsv, ...withoutTsv } = mmstar;

/** Its own script was not at hand: both scorings are lmms-eval's. */
const korean: Task<Row> = {
  ...mmstar,
  tsv: tsvOf("MMStar_KO"),
  name: "mmstar_ko",
  about: "MMStar in Korean; the instruction stays English (Ju et al. 2024).",
  cite: "https://arxiv.org/abs/2411.19103; scoring follows lmms-eval mmstar/utils.py",
  splits: {
    val: { sources: ["NCSOFT/K-MMStar"], split: "val", rows: 1500, licence: "cc-by-nc-4.0", answers: "public" },
  },
  profiles: ["default"],
  defects: { official: [article], "lmms-eval": [article] },
  score: ({ answer }, output, context) => mmstarScore(answer, output, { ...context, scoring: "lmms-eval" }),
};

/** Question and options stand apart. */
const apart: Task<Row> = {
  ...withoutTsv,
  name: "mmstar_oc",
  about: "MMStar in the rows of OpenCompass, whose options stand in columns (Chen et al. 2024).",
  splits: {
    val: { sources: ["morpheushoc/MMStar_opencompass"], split: "val", licence: "not stated", answers: "public" },
  },
  profiles: ["default"],
  prompt({ image, question, A, B, C, D }) {
    const options = letteredOptions([A, B, C, D].map((option) => option ?? "None"));
    return userPrompt(image, `${question.replaceAll("<image 1>", "")}\nOptions:\n${options}\n\n${LETTER_AT_ONCE}`);
  },
};

const reasoning = thoughts.form(mmstar, {
  name: "mmstar_reasoning",
  tags: "analysis",
  prompt: (row) => userPrompt(row.image, strip(bareWords(row))),
  gold: ({ answer }) => answer,
});

/** Its MMStar and MMStar_KO, which have question and options apart. */
const withOptions = (task: Task<Row>) =>
  vlmEvalKit.choices(task, (row) => ({
    ...{ ...parted(row), gold: row.answer.trim().toUpperCase(), images: [row.image] },
  }));

export default [
  defineTask(withOptions(mmstar)),
  defineTask(withOptions(korean)),
  defineTask(apart),
  defineTask(reasoning),
];
