import {
  chosen,
  circularAccuracy,
  defineTask,
  hasText,
  Image,
  inferChoice,
  isOptionLetter,
  lower,
  mean,
  Nullable,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import { threeDsrLetter, together } from "./score.js";

const option = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  index: Type.Union([Type.Integer(), Type.String()]),
  qid: Type.Optional(Nullable(Type.String())), // "VIN6MS3J-flip-1"
  image: Image(),
  question: Type.String(),
  ...{ A: option, B: option, C: option, D: option },
  answer: Type.String(),
  category: Type.String(), // height_higher, location_above, ...
});
type Row = Static<typeof row>;

const idOf = ({ qid, index }: Row): string => qid ?? String(index);

function choicesOf(row: Row): Readonly<Record<string, string>> {
  const given = (["A", "B", "C", "D"] as const).map((letter) => [letter, row[letter]] as const);
  return Object.fromEntries(
    given.flatMap(([letter, text]) => (hasText(text) && lower(text ?? "") !== "nan" ? [[letter, text ?? ""]] : [])),
  );
}

const split = {
  sources: ["oscarqjh/3DSRBench_lmmseval"],
  split: "test",
  licence: "not stated",
  answers: "public",
} as const;

/** VLMEvalKit's file is the split circular. */
const theirNames = {
  flip_circular_accuracy: "Overall of flip_circ_eval",
  circular_accuracy: "Overall of circ_eval",
  flip_accuracy: "Overall of flip_eval",
  accuracy: "Overall of vanilla",
};

const article = 'a reply that begins with the article "A" is an A';

export default defineTask<Row>({
  name: "3dsrbench",
  aliases: ["3dsrbench_circular@circular"],
  version: 2,
  about:
    "Heights, places and directions in space from one image; in `circular` a question counts if every order and its flip are right (Ma et al. 2024).",
  cite: "https://arxiv.org/abs/2412.07825; both scorings follow lmms-eval 3dsrbench/utils.py, the authors' repository was not at hand; the paper's number is flip_circular_accuracy of the split circular",
  splits: {
    base: { ...split, configs: ["3dsr"] },
    circular: { ...split, configs: ["3dsr_circular"], reportedAs: { vlmevalkit: theirNames } },
  },
  tsv: { files: { circular: "3DSRBench" } }, // its columns are the benchmark's
  row,
  id: idOf,
  cluster: (row) => together.all(idOf(row)),
  limitByCluster: true, // fewer passes would make a question easier
  prompt(row) {
    const options = Object.entries(choicesOf(row)).map(([letter, text]) => `${letter}. ${text}\n`);
    const listed = options.length === 0 ? "" : `Options:\n${options.join("")}`;
    const words = `Question: ${row.question}\n${listed}Please select the correct answer from the options above. \n`;
    return userPrompt(row.image, words);
  },
  generation: { maxNewTokens: 4096, temperature: 0 },
  hasReference: ({ A, B, C, D, answer }) => isOptionLetter(answer, [A, B, C, D]),
  defects: { official: [article], "lmms-eval": [article] },
  scorings: ["vlmevalkit"],
  score(row, { text }, { scoring }) {
    const letter = scoring === "vlmevalkit" ? inferChoice(text, choicesOf(row), "vlmevalkit") : threeDsrLetter(text);
    return chosen(letter, row.answer);
  },
  metrics: [
    circularAccuracy("flip_circular_accuracy", { together: together.all }),
    circularAccuracy("circular_accuracy", { together: together.orders }),
    circularAccuracy("flip_accuracy", { together: together.flips }),
    mean("accuracy"),
  ],
  groups: {
    // height, location, orientation, multi_object
    kind: ({ category }) => /^(height|location|orientation|multi_object)_/.exec(category)?.[1],
    category: ({ category }) => category,
  },
});
