import {
  chosen,
  defineTask,
  hasText,
  Image,
  inferChoice,
  isOptionLetter,
  lower,
  mean,
  meanOfGroups,
  Nullable,
  notJudged,
  rightOrWrong,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { gradingQuestion, type HrbenchQuestion, hrbenchGrading, hrbenchMatching, matchingQuestion } from "./judge.js";

const option = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  index: Type.Union([Type.Integer(), Type.String()]),
  image: Image(), // base64 text
  question: Type.String(),
  ...{ A: option, B: option, C: option, D: option },
  answer: Type.String(),
  category: Type.String(), // single, cross
  cycle_category: Type.Union([Type.String(), Type.Integer()]), // which of four orders of the options
});
type Row = Static<typeof row>;

const LETTERS = ["A", "B", "C", "D"] as const;
const asked = (row: Row): HrbenchQuestion => ({
  question: row.question,
  answer: row.answer,
  choices: Object.fromEntries(LETTERS.flatMap((letter) => (hasText(row[letter]) ? [[letter, row[letter] ?? ""]] : []))),
});
const split = {
  sources: ["DreamMr/HR-Bench"],
  configs: ["hrbench_version_split"],
  rows: 800,
  licence: "other",
  answers: "public",
} as const;

export default defineTask<Row>({
  name: "hrbench",
  aliases: ["hrbench4k@4k", "hrbench8k@8k"],
  version: 2,
  about:
    "Small things in images of 4,000 and 8,000 pixels, each question in four orders of its options (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2408.15556; official scoring follows DreamMr/HR-Bench: a judge grades every answer; lmms-eval: rules, a judge for the rest",
  splits: { "4k": { ...split, split: "hrbench_4k" }, "8k": { ...split, split: "hrbench_8k" } },
  tsv: { files: { "4k": "HRBench4K", "8k": "HRBench8K" } }, // its columns are the benchmark's
  row,
  id: ({ index }) => String(index),
  // The four orders have the same question and options, and the same image.
  imageKey: (row) => rowDigest(row.question, ...Object.values(asked(row).choices).sort()),
  profiles: ["default", "official"],
  prompt(row, profile) {
    // An option keeps its letter where one before it is absent: the reference is a letter.
    const options = Object.entries(asked(row).choices)
      .map(([letter, text]) => `${letter}. ${text}`)
      .join("\n");
    if (profile === "official") {
      const words = `Question: ${row.question}\nOptions:\n${options}\n`;
      return userPrompt(row.image, `${words}Please select the correct answer from the options above. \n`);
    }
    return userPrompt(row.image, `${strip(row.question)}\n${options}\nAnswer the option letter directly.`);
  },
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4o-2024-11-20",
    template: `${hrbenchGrading("{prompt}", "{target}", "{prediction}")}\n${hrbenchMatching("{question}", "{options}", "{prediction}")}`,
    scorings: ["official", "lmms-eval"],
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      if (scoring === "vlmevalkit") return undefined;
      return scoring === "official" ? gradingQuestion(asked(row), output) : matchingQuestion(asked(row), output);
    },
  },
  hasReference: ({ A, B, C, D, answer }) => isOptionLetter(answer, [A, B, C, D]),
  defects: {
    "lmms-eval": ["a verdict without a letter ends the run (here: no score)"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { average: "accuracy of Average, all" } },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    if (scoring === "official")
      return verdict === undefined ? notJudged : rightOrWrong(verdict === "yes", text, row.answer);
    if (scoring === "vlmevalkit") return chosen(inferChoice(text, asked(row).choices, "vlmevalkit"), row.answer);
    const letter = inferChoice(strip(text), asked(row).choices, "hrbench") ?? verdict;
    return typeof letter === "string"
      ? rightOrWrong(lower(letter) === lower(row.answer), letter, row.answer)
      : notJudged;
  },
  metrics: [meanOfGroups("average", { group: "cycle" }), mean("accuracy")],
  groups: { category: ({ category }) => category, cycle: ({ cycle_category: cycle }) => String(cycle) },
});
