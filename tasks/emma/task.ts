import {
  defineTask,
  guessedOr,
  hasText,
  imageColumns,
  isOptionLetter,
  mean,
  Nullable,
  notJudged,
  rightOrWrong,
  type Static,
  strip,
  Type,
  upper,
} from "llava-eval";
import { emmaGrading, emmaToJudge } from "./judge.js";
import { emmaWords, imagesByName, imagesInPlace, isChoice } from "./prompt.js";
import { emmaAnswer, emmaEqual } from "./score.js";

const row = Type.Object({
  pid: Type.String(),
  context: Type.Optional(Nullable(Type.String())),
  question: Type.String(), // "Which of them? <image_1>"
  options: Type.Optional(Nullable(Type.Array(Type.String()))),
  answer: Type.String(),
  type: Type.String(), // "Multiple Choice", "Open-ended"
  subject: Type.String(), // Math, Physics, Chemistry, Coding
  category: Type.Optional(Nullable(Type.String())),
  ...imageColumns(5),
});
type Row = Static<typeof row>;

const optionOf = ({ options, answer }: Row): string | undefined =>
  options?.[upper(strip(answer)).charCodeAt(0) - "A".charCodeAt(0)];

const split = (source: string, rows: number) => ({
  ...{ sources: [source], configs: ["All"], split: "test", rows },
  ...{ licence: "not stated", answers: "public" as const },
});

export default defineTask<Row>({
  name: "emma",
  aliases: ["emma-mini@mini"],
  version: 1,
  about:
    "Mathematics, physics, chemistry and code that need reasoning in images, by letters or short answers (Hao et al. 2025).",
  cite: "https://arxiv.org/abs/2501.05444; official scoring follows the rules of EMMA-Bench/EMMA evaluation/ (a letter or its option's text); lmms-eval emma/utils.py asks a judge about every reply",
  splits: { full: split("lmms-lab-encoder/EMMA", 2788), mini: split("lmms-lab-encoder/EMMA-mini", 400) },
  row,
  id: ({ pid }) => pid,
  profiles: ["default", "official", "direct"],
  prompt(row, profile) {
    if (profile === "default") return imagesByName(row, emmaWords(row, "default"));
    return imagesInPlace(row, emmaWords(row, profile === "direct" ? "direct" : "default"));
  },
  generation: { maxNewTokens: 4096, temperature: 0.7 },
  judge: {
    model: "gpt-4o",
    template: emmaGrading("{response}", "{target}"),
    scorings: ["lmms-eval"],
    ask: ({ answer }, { text }, verdicts, scoring) =>
      scoring === "lmms-eval" && verdicts.length === 0 ? emmaToJudge(text, answer) : undefined,
  },
  hasReference: (row) =>
    isChoice(row) ? isOptionLetter(upper(strip(row.answer)), row.options ?? []) : hasText(row.answer),
  defects: {
    "lmms-eval": [
      '"not correct" is correct',
      "a mark that is repeated or out of order puts another image there and loses words (profile default)",
    ],
  },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    const answer = emmaAnswer(text);
    if (scoring === "lmms-eval")
      return verdict === undefined ? notJudged : rightOrWrong(verdict === 1, answer || strip(text), row.answer);
    const option = isChoice(row) ? optionOf(row) : undefined;
    const right = emmaEqual(answer, row.answer) || (option !== undefined && emmaEqual(answer, option));
    return guessedOr(answer === "", rightOrWrong(right, answer, row.answer));
  },
  metrics: [mean("accuracy")],
  groups: {
    subject: ({ subject }) => subject,
    category: ({ category }) => category ?? undefined,
    type: ({ type }) => type,
  },
});
