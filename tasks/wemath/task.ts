import {
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  mean,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { dimensionShare, roteRate, weMathScore } from "./four-dimensions.js";
import { weMathLetter } from "./score.js";

const row = Type.Object({
  ID: Type.String(), // 2steps_17: the steps of one problem and the problem itself
  image_path: Image(),
  question: Type.String(),
  option: Type.String(), // "A. 30;B. 45; C. No correct answer"
  answer: Type.String(),
  key: Type.String(), // 2steps_1, 2steps_2, 2steps_multi, ...
  // Of VLMEvalKit's file, which has the options in columns:
  options: Type.Optional(Type.Array(Type.String())),
  hint: Type.Optional(Type.String()),
});
type Row = Static<typeof row>;

const TEMPLATE =
  "Regarding the format, please answer following the template below, and be sure to include two <> symbols:\n<Thought process>: <<your thought process>> <Answer>: <<your option>>";

const isWhole = ({ key }: Row): boolean => key.endsWith("_multi");
/** "2steps_1" is of a problem of two steps. */
const stepsOf = ({ key }: Row): number => Number(/^[1-9]/.exec(key)?.[0] ?? 0);
/** Among the steps of its problem. */
const placeOf = (row: Row) => ({ whole: isWhole(row), steps: stepsOf(row) });
const optionsOf = ({ option, options }: Row): readonly string[] =>
  options ?? option.split(/;\s*(?=[A-H]\.)/).map((text) => strip(text));

function asked(row: Row): string {
  const options = optionsOf(row);
  const listed = options.length > 0 ? `Options:\n${options.join("\n")}\n` : "";
  return `${row.hint ? `Hint: ${row.hint}\n` : ""}Question: ${row.question}\n${listed}`;
}

/** VLMEvalKit's: an empty cell is no option, and the letters of the others stay. */
const optionsIn = (cells: Readonly<Record<string, string>>): readonly string[] =>
  [..."ABCDEFGH"].flatMap((letter) => {
    const cell = cells[letter] ?? "";
    return vlmEvalKit.isMissingCell(cell) ? [] : [`${letter}. ${cell}`];
  });

const letter = 'a word behind "Answer" counts by its first letter: "Answer: Feature" is an F';

const wemath: Task<Row> = {
  name: "wemath",
  version: 1,
  about: "School problems and their steps: is a problem solved because its steps are known? (Qiao et al. 2024).",
  cite: "https://arxiv.org/abs/2407.01284; scoring follows We-Math/We-Math four_dimensional_metrics.py, its shares of the problems that were asked (there of 525, whatever was asked); lmms-eval has only a form with reasoning, with the same aggregates",
  splits: {
    testmini: { sources: ["We-Math/We-Math"], split: "testmini", rows: 1740, licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { testmini: "WeMath" },
    column: "A",
    rows: ({ image, hint = "", ...cells }) => [
      {
        ...{ ...cells, image_path: image, option: optionsIn(cells).join("; ") },
        ...{ options: JSON.stringify(optionsIn(cells)), hint: vlmEvalKit.isMissingCell(hint) ? "" : hint },
      },
    ],
  },
  row,
  id: ({ ID, key }) => `${ID} ${key}`,
  cluster: ({ ID }) => ID,
  limitByCluster: true, // a problem without its steps says nothing
  profiles: ["default", "vlmevalkit"],
  prompt(row, profile) {
    const words = asked(row);
    return userPrompt(row.image_path, profile === "vlmevalkit" ? words : `${words}\n${TEMPLATE}`);
  },
  generation: { maxNewTokens: 2048, temperature: 0 },
  hasReference: (row) => isOptionLetter(row.answer, 8, optionsOf(row).join("\n")) && stepsOf(row) > 0,
  defects: {
    official: [letter, "its shares are of 525 problems, however many were asked (here: of those)"],
    "lmms-eval": [letter],
    vlmevalkit: [letter],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ score_strict: "Score (Strict)", score_loose: "Score (Loose)" },
      complete_mastery_strict: "CompleteMastery (Strict)",
      complete_mastery_loose: "CompleteMastery (Loose)",
      insufficient_knowledge: "InsufficientKnowledge (Strict)",
      inadequate_generalization: "InadequateGeneralization (Strict)",
      rote_memorization_strict: "RoteMemorization (Strict)",
      rote_memorization_loose: "RoteMemorization (Loose)",
    },
  },
  score(row, { text }) {
    return { ...chosen(weMathLetter(text), row.answer), data: placeOf(row) };
  },
  metrics: [
    weMathScore("score_strict", false),
    weMathScore("score_loose", true),
    dimensionShare("complete_mastery_strict", "mastery", false),
    dimensionShare("complete_mastery_loose", "mastery", true),
    dimensionShare("insufficient_knowledge", "knowledge", false),
    dimensionShare("inadequate_generalization", "generalization", false),
    roteRate("rote_memorization_strict", false),
    roteRate("rote_memorization_loose", true),
    mean("accuracy"),
  ],
  groups: { step: (row) => (isWhole(row) ? `${row.key[0]} steps` : "1 step") },
};

const reasoning = thoughts.form(wemath, {
  name: "wemath_reasoning",
  aliases: ["wemath_testmini_reasoning@testmini"],
  tags: "think",
  prompt: ({ image_path: image, question, option }) => userPrompt(image, strip(`${question}\n${option}`)),
  gold: ({ answer }) => answer,
  metrics: [weMathScore("score_strict", false, "acc_score"), weMathScore("score_loose", true, "acc_score")],
  data: placeOf,
});

export default [defineTask(wemath), defineTask(reasoning)];
