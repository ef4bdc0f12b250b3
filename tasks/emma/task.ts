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
  vlmEvalKit,
} from "llava-eval";
import { emmaGrading, emmaToJudge } from "./judge.js";
import { emmaWords, imagesByName, imagesInPlace, isChoice, vlmEvalKitPrompt } from "./prompt.js";
import { emmaAnswer, emmaEqual } from "./score.js";
import { vlmEvalKitJudge, vlmEvalKitScore } from "./vlmevalkit.js";

const row = Type.Object({
  pid: Type.String(),
  context: Type.Optional(Nullable(Type.String())),
  question: Type.String(), // "Which of them? <image_1>"
  options: Type.Optional(Nullable(Type.Array(Type.String()))),
  answer: Type.String(),
  type: Type.String(), // "Multiple Choice", "Open-ended"
  subject: Type.Optional(Type.String()), // Math, Physics, Chemistry, Coding; VLMEvalKit's file may have none
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

/** VLMEvalKit's file has the options in columns, the images in a list, and `<image 1>` where they stand. */
function tsvRow({ index, image = "", type, ...cells }: Readonly<Record<string, string>>) {
  const marked = Object.entries(cells).map(([name, cell]) => [name, cell.replace(/<image (\d)>/g, "<image_$1>")]);
  const texts: Readonly<Record<string, string>> = Object.fromEntries(marked);
  const images = Object.fromEntries(vlmEvalKit.listOf(image).map((one, i) => [`image_${i + 1}`, one]));
  return {
    ...{ pid: index, ...texts, ...images, type: type === "MCQ" ? "Multiple Choice" : type },
    options: JSON.stringify(vlmEvalKit.optionsOf(texts)),
  };
}

export default defineTask<Row>({
  name: "emma",
  aliases: ["emma-mini@mini"],
  version: 2,
  about:
    "Mathematics, physics, chemistry and code that need reasoning in images, by letters or short answers (Hao et al. 2025).",
  cite: "https://arxiv.org/abs/2501.05444; official scoring follows the rules of EMMA-Bench/EMMA evaluation/ (a letter or its option's text); lmms-eval emma/utils.py asks a judge about every reply, VLMEvalKit about every one that is no letter",
  splits: { full: split("lmms-lab-encoder/EMMA", 2788), mini: split("lmms-lab-encoder/EMMA-mini", 400) },
  tsv: { files: { full: "EMMA" }, column: "A", rows: (cells) => [tsvRow(cells)] },
  row,
  id: ({ pid }) => pid,
  profiles: ["default", "official", "direct", "vlmevalkit", "vlmevalkit-cot"],
  prompt(row, profile) {
    if (profile === "vlmevalkit") return vlmEvalKitPrompt(row, "direct");
    if (profile === "vlmevalkit-cot") return vlmEvalKitPrompt(row, "default");
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
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  hasReference: (row) =>
    isChoice(row) ? isOptionLetter(upper(strip(row.answer)), row.options ?? []) : hasText(row.answer),
  defects: {
    "lmms-eval": [
      '"not correct" is correct',
      "a mark that is repeated or out of order puts another image there and loses words (profile default)",
    ],
    vlmevalkit: [
      'an option "None", "NA" or "null" is missing for pandas: it is not asked',
      "after three verdicts that it cannot read it draws a letter, or gives 0 (here: no score)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score(row, { text }, { scoring, verdicts: [verdict] }) {
    if (scoring === "vlmevalkit") return vlmEvalKitScore(row, text, verdict);
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
