import {
  defineTask,
  firstCharacters,
  Image,
  isOptionLetter,
  looselyEqual,
  mean,
  rightOrWrong,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { circularByCategory, circularOverall } from "./groups-of-four.js";
import { crpeContains, crpeFiltered } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.Integer(), Type.String()]),
  image: Image(),
  text: Type.String(), // the question, its options "A. ..." and an instruction
  correct_option: Type.String(),
  category: Type.String(), // subject, predicate, object
  vlmevalkit_answer: Type.Optional(Type.String()), // of its file: begins with the letter
});
type Row = Static<typeof row>;

const INSTRUCTION = "Please answer directly with only the letter of the correct option and nothing else.";

export default defineTask<Row>({
  name: "crpe_relation",
  version: 1,
  about:
    "Relations between things in an image; a question counts if all four orders of its options are right (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2402.19474; official scoring follows OpenGVLab/all-seeing eval_crpe.py; lmms-eval reports the passes' accuracy, which is higher than any published number; of `answer` in VLMEvalKit's file the first character is the letter, as its class reads it",
  splits: {
    test: { sources: ["nv-njb/CRPE"], split: "test", licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { test: "CRPE_RELATION" },
    // It takes four rows after the other for a question, whatever their `index`.
    rows: ({ question, answer = "", ...cells }, _, position) => [
      {
        ...{ ...cells, question_id: position, text: question },
        ...{ correct_option: firstCharacters(answer, 1), vlmevalkit_answer: answer },
      },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  cluster: ({ category, question_id }) =>
    typeof question_id === "number" ? `${category} ${Math.floor(question_id / 4)}` : `${category} ${question_id}`,
  limitByCluster: true, // fewer passes would make a question easier
  profiles: ["default", "official"],
  prompt({ image, text }, profile) {
    if (profile === "official") return userPrompt(image, text);
    return userPrompt(image, `${strip(text).replaceAll(INSTRUCTION, "")}\n${INSTRUCTION}`);
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ correct_option: gold, text }) => isOptionLetter(gold, 4, text),
  defects: {
    "lmms-eval": ["its number is that of single orders (here: accuracy), not of questions"],
    vlmevalkit: ["every reply that does not begin with A to D is right"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { circular_accuracy_overall: "total" } },
  score({ text: question, correct_option: gold, vlmevalkit_answer: whole }, { text }, { scoring }) {
    if (scoring === "official") return rightOrWrong(text === gold, text, gold);
    if (scoring === "vlmevalkit") return rightOrWrong(crpeContains(text, whole ?? gold), text, gold);
    const answer = crpeFiltered(text, question);
    return rightOrWrong(looselyEqual(answer, gold), answer, gold);
  },
  metrics: [circularByCategory("circular_accuracy"), circularOverall("circular_accuracy_overall"), mean("accuracy")],
  groups: { category: ({ category }) => category },
});
