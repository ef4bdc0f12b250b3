import {
  chosen,
  defineTask,
  guessedOr,
  Image,
  isOptionLetter,
  lower,
  mean,
  Nullable,
  optionLetters,
  rightOrWrong,
  robustChoice,
  type Static,
  strip,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { imagesAtMarks, imagesAtPlaces } from "./prompt.js";

const row = Type.Object({
  question_id: Type.String(),
  question_type: Type.String(), // Action Reasoning, Pointing, ...
  images: Type.Array(Nullable(Image())),
  question: Type.String(), // with its choices and an instruction
  answer: Type.String(),
  visual_indices: Type.Optional(Nullable(Type.Array(Type.Integer()))), // before which character each image stands
});
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "erqa",
  version: 1,
  about: "Embodied reasoning on one or more images: actions, trajectories, states, pointing (Gemini Robotics 2025).",
  cite: "https://arxiv.org/abs/2503.20020; the authors' script was not at hand: scoring follows lmms-eval erqa/utils.py, official without its last rule, a capital letter anywhere",
  splits: {
    test: { sources: ["FlagEval/ERQA"], split: "test", rows: 400, licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { test: "ERQA" },
    rows: ({ index, category = "", image = "", ...cells }) => [
      { question_id: index, question_type: category, ...cells, images: vlmEvalKit.listOf(image) },
    ],
  },
  row,
  id: ({ question_id }) => question_id,
  // "official" puts the images where the rows say that they stand; lmms-eval sends them first.
  profiles: ["default", "official", "vlmevalkit"],
  prompt({ images, question, visual_indices: places }, profile) {
    const present = images.flatMap((image) => image ?? []);
    if (profile === "official") return imagesAtPlaces(present, question, places ?? []);
    return profile === "vlmevalkit" ? imagesAtMarks(present, question) : userPrompt(...present, question);
  },
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer, question }) => isOptionLetter(answer, 4, question),
  scorings: ["vlmevalkit"], // its ERQADataset
  reportedAs: { vlmevalkit: { accuracy: "Accuracy (%) of Overall" } },
  score({ answer }, { text }, { scoring }) {
    if (scoring === "vlmevalkit") return rightOrWrong(lower(strip(text)) === lower(strip(answer)), strip(text), answer);
    const { letter, guessed } = robustChoice(text, optionLetters(4));
    if (guessed && scoring === "official") return chosen(undefined, answer);
    return guessedOr(guessed, rightOrWrong(letter === answer, letter, answer));
  },
  metrics: [mean("accuracy")],
  groups: { question_type: ({ question_type }) => question_type },
});
