import {
  chosen,
  defineTask,
  Image,
  ListText,
  mean,
  Nullable,
  notJudged,
  parseStringList,
  type Scoring,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { chosenLetters, logicVistaExtraction, logicVistaToJudge } from "./judge.js";

const row = Type.Object({
  index: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  image: Image(),
  question: Type.String(), // names its options
  answer: Type.String(), // "C", or several: "B, D"
  skill: Type.Optional(Nullable(ListText())), // "['inductive', 'spatial']"
});
type Row = Static<typeof row>;

/** A question may need several skills: each is a metric over the questions that need it. */
const SKILLS = ["inductive", "deductive", "numerical", "spatial", "mechanical"];

const sorted = (letters: readonly string[]): string => [...letters].sort().join("");

/** VLMEvalKit splits at a comma and a blank alone: there "C,A" is nothing that a reply can equal. */
const targetOf = (answer: string, scoring: Scoring): string =>
  sorted(scoring === "vlmevalkit" ? answer.split(", ") : answer.toUpperCase().split(/[,\s]+/));

/** What needs no judge: letters alone. VLMEvalKit asks it about every reply. */
const plainLetters = (text: string, scoring: Scoring): string | undefined =>
  scoring === "vlmevalkit" ? undefined : chosenLetters(strip(text));

const logicvista: Task<Row> = {
  name: "logicvista",
  version: 1,
  about: "Puzzles in images: induction, deduction, numbers, space and mechanics, by letters (Xiao et al. 2024).",
  cite: "https://arxiv.org/abs/2407.04973; a reply of letters alone by rule, a judge with VLMEvalKit's words for any other (the authors' script could not be run); vlmevalkit scoring asks the judge about every reply; lmms-eval has only a form with reasoning",
  splits: {
    // The authors' file has a question without an answer; cards of copies count 447.
    test: { sources: ["lscpku/LogicVista"], split: "test", rows: 448, licence: "not stated", answers: "public" },
  },
  tsv: { files: { test: "LogicVista" } }, // its columns are the benchmark's
  row,
  id: ({ index, image }) => String(index ?? image.path),
  prompt: ({ image, question }) => userPrompt(image, question),
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4-1106-preview",
    template: logicVistaExtraction("{question}", "{prediction}"),
    ask({ question }, { text }, verdicts, scoring) {
      const isDecided = verdicts.length > 0 || plainLetters(text, scoring) !== undefined;
      return isDecided ? undefined : logicVistaToJudge(question, text);
    },
  },
  hasReference: ({ answer }) => /^[A-J](?:,\s*[A-J])*$/i.test(strip(answer)),
  defects: {
    vlmevalkit: ['"C,A" without a blank is a reference that no reply meets'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      accuracy: "acc of Overall",
      ...Object.fromEntries(SKILLS.map((skill) => [`accuracy_${skill}`, `acc of ${skill}`])),
    },
  },
  score({ answer, skill }, { text }, { scoring, verdicts: [verdict] }) {
    const letters = plainLetters(text, scoring) ?? verdict;
    if (typeof letters !== "string") return notJudged;
    const score = chosen(letters === "Z" ? undefined : sorted([...letters]), targetOf(strip(answer), scoring));
    const value = score.value as number;
    const skills = parseStringList(skill ?? "[]").filter((name) => SKILLS.includes(name));
    return { ...score, value: { accuracy: value, ...Object.fromEntries(skills.map((name) => [name, value])) } };
  },
  metrics: [mean("accuracy", { of: "accuracy" }), ...SKILLS.map((skill) => mean(`accuracy_${skill}`, { of: skill }))],
};

const reasoning = thoughts.form(logicvista, {
  name: "logicvista_reasoning",
  tags: "think",
  prompt: ({ image, question }) => userPrompt(image, strip(question)),
  gold: ({ answer }) => answer,
});

export default [defineTask(logicvista), defineTask(reasoning)];
