import {
  chosen,
  circularAccuracy,
  defineTask,
  Image,
  inferChoice,
  LETTER_DIRECTLY,
  letteredOptions,
  lower,
  mean,
  notJudged,
  optionLetters,
  rightOrWrong,
  type Score,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import { mmvpGrading, mmvpToJudge } from "./judge.js";
import { mmvpLetter, mmvpOptions, mmvpTarget } from "./score.js";

const row = Type.Object({
  Index: Type.Integer(), // from 1; two rows that follow each other are a pair
  Question: Type.String(),
  Options: Type.String(), // "(a) Open (b) Closed"
  "Correct Answer": Type.String(), // "(a)"
  image: Image(),
});
type Row = Static<typeof row>;

const asked = ({ Question, Options }: Row): string => `${Question} ${Options}`;
const firstOfPair = ({ Index }: Row): boolean => Index % 2 === 1;

export default defineTask<Row>({
  name: "mmvp",
  version: 1,
  about: "Pairs of images that CLIP takes for the same; a pair counts if both answers are right (Tong et al. 2024).",
  cite: "https://arxiv.org/abs/2401.06209; official scoring follows tsb0601/MMVP scripts/gpt_grader.py: a judge grades every answer; lmms-eval mmvp/utils.py: letters. Its rows correct the answers of two pairs (99/100, 279/280)",
  splits: {
    train: { sources: ["lmms-lab-eval/MMVP"], split: "train", rows: 300, licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { train: "MMVP" },
    // There, too, two rows that follow each other are a pair, whatever their index.
    rows: ({ question, A = "", B = "", answer = "", image }, _split, position) => [
      {
        ...{ Index: position + 1, Question: question, image },
        ...{ Options: `(a) ${A} (b) ${B}`, "Correct Answer": `(${lower(answer)})` },
      },
    ],
  },
  row,
  id: ({ Index }) => String(Index),
  cluster: ({ Index }) => String(Math.floor((Index - 1) / 2)),
  limitByCluster: true, // half a pair is no pair
  profiles: ["default", "official"],
  prompt(row, profile) {
    if (profile === "official") return userPrompt(row.image, asked(row));
    return userPrompt(row.image, `${row.Question}\n${letteredOptions(mmvpOptions(row.Options))}\n${LETTER_DIRECTLY}`);
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  judge: {
    model: "gpt-4-0314",
    template: mmvpGrading("{question}", "{target}", "{prediction}"),
    scorings: ["official"],
    ask: (row, output, verdicts, scoring) =>
      scoring === "official" && verdicts.length === 0
        ? mmvpToJudge(asked(row), row["Correct Answer"], output)
        : undefined,
  },
  hasReference: (row) => ["A", "B"].includes(mmvpTarget(row["Correct Answer"])),
  defects: {
    "lmms-eval": ['a word that ends in a or b counts: "Grab it" is a B', "an option with a bracket loses words"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { pair_accuracy: "Overall", accuracy: "Average" } },
  score(row, { text }, { scoring, verdicts: [verdict] }): Score {
    const target = mmvpTarget(row["Correct Answer"]);
    if (scoring === "official" && verdict === undefined) return notJudged;
    if (scoring === "vlmevalkit") {
      const options = Object.fromEntries(mmvpOptions(row.Options).map((option, i) => [optionLetters(2)[i], option]));
      return { ...chosen(inferChoice(text, options, "vlmevalkit"), target), data: { first: firstOfPair(row) } };
    }
    const score =
      scoring === "official" ? rightOrWrong(verdict === "yes", text, target) : chosen(mmvpLetter(text), target);
    return { ...score, data: { first: firstOfPair(row) } };
  },
  metrics: [circularAccuracy("pair_accuracy", { passes: 2 }), mean("accuracy")],
});
