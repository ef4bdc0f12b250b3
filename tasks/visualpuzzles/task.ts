import {
  byLetter,
  defineTask,
  Image,
  isOptionLetter,
  mean,
  Nullable,
  optionLetters,
  rightOrWrong,
  type Static,
  strip,
  type Task,
  Type,
  upper,
  userPrompt,
} from "llava-eval";
import { answerLetter, visualPuzzlesLetter } from "./score.js";

const row = Type.Object({
  id: Type.Integer(),
  image: Image(),
  question: Type.String(),
  options: Nullable(Type.Array(Type.String())), // null: they are in the image
  answer: Type.String(),
  category: Type.String(), // algorithmic, analogical, deductive, inductive, spatial
  difficulty: Type.String(), // easy, medium, hard
});
type Row = Static<typeof row>;

const THINK_FIRST =
  "Solve the multiple-choice question and then answer with the option letter from the given choices. The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options. Think step by step before answering.";

function optionsOf({ options }: Row): string {
  if (options === null) return "Options: Choose from (A) (B) (C) (D) in the image.";
  return ["Options:", ...options.slice(0, 4).map((option, i) => `(${optionLetters(4)[i]}) ${option}`)].join("\n");
}
const promptWith = (last: string) => (row: Row) =>
  userPrompt(row.image, `Question: ${strip(row.question)}\n${optionsOf(row)}\n${last}`);

const letter = 'a word behind "Answer:" counts by its first letter: "Answer: a cube" is an A';

const thinking: Task<Row> = {
  name: "visualpuzzles",
  aliases: ["VisualPuzzles_cot"],
  version: 1,
  about:
    "Puzzles that need little knowledge, five kinds of reasoning, thought through before the answer (Song et al. 2025).",
  cite: "https://arxiv.org/abs/2504.10342; both scorings are the authors' fork of lmms-eval, VisualPuzzles/utils.py",
  splits: {
    test: { sources: ["neulab/VisualPuzzles"], split: "test", rows: 1168, licence: "mit", answers: "public" },
  },
  tsv: {
    files: { test: "VisualPuzzles" },
    rows: ({ index, options, ...cells }) => [{ ...cells, id: index, options: options ? options : null }],
  },
  row,
  id: ({ id }) => String(id),
  profiles: ["default", "vlmevalkit"],
  prompt: (row, profile) =>
    profile === "vlmevalkit"
      ? userPrompt(row.image, `${row.question}\n${optionsOf(row)}\n${THINK_FIRST.replace("format: '", "format:'")}`)
      : promptWith(THINK_FIRST)(row),
  generation: { maxNewTokens: 4096, temperature: 0 },
  hasReference: ({ answer, options }) =>
    isOptionLetter(upper(strip(answer)), options === null ? 4 : options.slice(0, 4)),
  defects: {
    official: [letter],
    "lmms-eval": [letter],
    vlmevalkit: ['"Answer: (B)" is no answer'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "acc of overall" } },
  score({ options, answer }, { text }, context) {
    const gold = upper(strip(answer));
    if (context.scoring === "vlmevalkit") {
      const said = upper(answerLetter(text) ?? "");
      return rightOrWrong(said === gold, said, gold);
    }
    const letter = visualPuzzlesLetter(text, options);
    return byLetter(letter && upper(letter), gold, optionLetters(4), context);
  },
  metrics: [mean("accuracy")],
  groups: { category: ({ category }) => category, difficulty: ({ difficulty }) => difficulty },
};

export default [
  defineTask(thinking),
  defineTask<Row>({
    ...thinking,
    name: "visualpuzzles_direct",
    profiles: ["default"],
    aliases: ["VisualPuzzles_direct"],
    about: "VisualPuzzles, answered with a letter at once (Song et al. 2025).",
    prompt: promptWith("Answer the question with the option's letter from the given choices directly."),
  }),
];
