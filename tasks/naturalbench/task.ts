import { chosen, circularAccuracy, defineTask, Image, mean, type Static, Type, userPrompt } from "llava-eval";
import { firstWord, type QuestionType, WORDS, wordAt } from "./score.js";

const row = Type.Object({
  Index: Type.Integer({ minimum: 0 }), // four rows that follow each other: question 0 on image 0 and 1, question 1 on image 0 and 1
  Image: Image(),
  Question: Type.String(),
  Question_Type: Type.String(),
  vlmevalkit_answer: Type.Optional(Type.String()), // of its file
});
type Row = Static<typeof row>;

const REQUEST = {
  yes_no: "Please answer Yes or No.",
  multiple_choice: "Please output the letter corresponding to the correct option.",
};
const typeOf = ({ Question_Type: type }: Row): QuestionType => (type === "multiple_choice" ? type : "yes_no");

/** In VLMEvalKit's file, where the place says which answer is right, the row says it as well: no reference where they differ. */
function isInPlace(row: Row): boolean {
  const type = typeOf(row);
  const right = wordAt(row.Index, type);
  return (firstWord(row.vlmevalkit_answer ?? "", type) ?? right) === right;
}

const groupOf = (index: number): number => Math.floor(index / 4);

const article = 'the article "a" is an A';

export default defineTask<Row>({
  name: "naturalbench",
  version: 1,
  about:
    "Two questions on two alike images, with opposite answers: a group counts if all four are right (Li et al. 2024).",
  cite: "https://arxiv.org/abs/2410.14669; scoring follows Baiqi-Li/NaturalBench, with which lmms-eval and VLMEvalKit agree; lmms-eval's naturalbench_ACC gets no values there",
  splits: {
    test: {
      ...{ sources: ["BaiqiL/NaturalBench-lmms-eval"], split: "test", rows: 7600 },
      ...{ licence: "not stated", answers: "public" },
    },
  },
  tsv: {
    files: { test: "NaturalBenchDataset" },
    // It takes four rows after the other for a group, whatever their `index`.
    rows: ({ image, question, type, answer }, _, position) => [
      { Index: String(position), Image: image, Question: question, Question_Type: type, vlmevalkit_answer: answer },
    ],
  },
  row,
  id: ({ Index }) => String(Index),
  cluster: ({ Index }) => String(groupOf(Index)),
  limitByCluster: true, // fewer answers would make a group easier
  prompt: (row) => userPrompt(row.Image, `${row.Question} ${REQUEST[typeOf(row)]}`),
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => Object.hasOwn(WORDS, row.Question_Type) && isInPlace(row),
  defects: {
    official: [article],
    "lmms-eval": [article, "naturalbench_ACC gets no values (here: accuracy)"],
    vlmevalkit: [article],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ group_accuracy: "G_Acc", question_accuracy: "Q_Acc", image_accuracy: "I_Acc" },
      accuracy: "Acc",
    },
  },
  score: (row, { text }) => chosen(firstWord(text, typeOf(row)), wordAt(row.Index, typeOf(row))),
  metrics: [
    circularAccuracy("group_accuracy", { together: (id) => String(groupOf(Number(id))) }),
    circularAccuracy("question_accuracy", { together: (id) => String(Math.floor(Number(id) / 2)) }),
    circularAccuracy("image_accuracy", { together: (id) => `${groupOf(Number(id))} ${Number(id) % 2}` }),
    mean("accuracy"),
  ],
  groups: { type: ({ Question_Type: type }) => type },
});
