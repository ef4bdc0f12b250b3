import {
  defineTask,
  hasText,
  type ImageRef,
  imageColumns,
  mean,
  Nullable,
  notJudged,
  rightOrWrong,
  rowDigest,
  type Split,
  type Static,
  strip,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { finalAnswer, olympiadCorrect, tolerancesOf } from "./answer.js";
import { olympiadGrading, olympiadToJudge } from "./judge.js";
import { chineseWords, lmmsWords, officialWords } from "./prompt.js";

const text = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  id: Type.Optional(Nullable(Type.Union([Type.Integer(), Type.String()]))),
  question: Type.String(),
  context: text, // what a problem of physics states before its questions
  subfield: Type.String(), // Algebra, Mechanics, ...
  ...{ source: text, subject: text, answer_type: text, unit: text },
  is_multiple_answer: Type.Optional(Nullable(Type.Boolean())),
  final_answer: Type.Array(Type.String()),
  error: text, // how far a number may be off: "1e-1", or one for each answer: "1e-1,1e-2"
  ...imageColumns(5),
});
type Row = Static<typeof row>;

const isPhysics = ({ source, subject }: Row): boolean => /physics/i.test(`${source ?? ""} ${subject ?? ""}`);
const imagesOf = (row: Row): readonly ImageRef[] => {
  const columns = row as unknown as Readonly<Record<string, ImageRef | null | undefined>>;
  return [1, 2, 3, 4, 5].flatMap((number) => columns[`image_${number}`] ?? []);
};

// No source at hand states exact counts.
const split = (configs: readonly string[]): Split => ({
  ...{ sources: ["Hothan/OlympiadBench"], configs, split: "train", licence: "apache-2.0", answers: "public" },
});
const [maths, physics] = ["OE_MM_maths_en_COMP", "OE_MM_physics_en_COMP"] as const;

/** Problems of VLMEvalKit's files alone. */
const theirs: Split = { sources: [], split: "test", licence: "apache-2.0", answers: "public" };

/** Its files have subjects of other splits, too. */
const sourcesOf: Readonly<Record<string, readonly string[]>> = {
  ...{ en: [maths, physics], maths: [maths], physics: [physics] },
};
const isChinese = ({ source }: { readonly source?: string | null | undefined }): boolean => /zh/.test(source ?? "");

/** Rows without an image are left out there. */
function isOf(split: string, { source = "", image }: Readonly<Record<string, string>>): boolean {
  if (split === "all" || split === "zh") return image !== "" && (split === "all" || isChinese({ source }));
  return sourcesOf[split]?.includes(source) ?? false;
}

/** Every problem has a unit there: a cell that is empty is read as NaN, which Python takes for true. */
const withUnit = (row: Row): Row => ({ ...row, unit: row.unit || "NaN" });

export default defineTask<Row>({
  name: "olympiadbench",
  aliases: [`olympiadbench_${maths}@maths`, `olympiadbench_${physics}@physics`],
  version: 3,
  about:
    "Problems of mathematics and physics olympiads with images, in English, whose answers are formulas (He et al. 2024).",
  cite: "https://arxiv.org/abs/2402.14008; official scoring follows OpenBMB/OlympiadBench eval/auto_scoring_judge.py, formulas compared by their values at twelve points where its sympy simplifies their difference; lmms-eval asks a judge; vlmevalkit's formulas must be written alike, a defect of its copy, and its words ask for a unit where there is none. Chinese problems (of VLMEvalKit's files alone) are asked in the authors' Chinese words by every profile",
  splits: {
    ...{ en: split([maths, physics]), maths: split([maths]), physics: split([physics]) },
    ...{ zh: theirs, all: theirs },
  },
  tsv: {
    files: {
      ...{ en: "OlympiadBench_EN", maths: "OlympiadBench_EN", physics: "OlympiadBench_EN" },
      ...{ zh: "OlympiadBench_CN", all: "OlympiadBench" },
    },
    column: "image",
    rows(row, split) {
      if (!isOf(split, row)) return [];
      const { index, image, final_answer: answers, ...cells } = row;
      const images = vlmEvalKit.listOf(image).map((cell, i) => [`image_${i + 1}`, cell] as const);
      const answered = answers ? vlmEvalKit.listOf(answers) : [];
      return [{ id: index, subfield: "", ...cells, ...Object.fromEntries(images), final_answer: answered }];
    },
  },
  row,
  id: (row) => `${isPhysics(row) ? "physics" : "maths"} ${row.id ?? rowDigest(row.context ?? "", row.question)}`,
  profiles: ["default", "official", "vlmevalkit"],
  prompt(row, profile) {
    if (isChinese(row)) {
      const asked = profile === "vlmevalkit" ? withUnit(row) : row;
      return userPrompt(chineseWords(asked, isPhysics(row)), ...imagesOf(row));
    }
    if (profile === "default") return userPrompt(...imagesOf(row), lmmsWords(row));
    const asked = profile === "vlmevalkit" ? withUnit(row) : row;
    return userPrompt(officialWords(asked, isPhysics(row)), ...imagesOf(row));
  },
  generation: { maxNewTokens: 16_384, temperature: 1, topP: 0.95 },
  judge: {
    model: "gpt-4o-2024-11-20",
    template: olympiadGrading("{question}", "{answer}", "{prediction}"),
    scorings: ["lmms-eval"],
    ask: ({ question, final_answer: answers }, output, verdicts, scoring) =>
      scoring === "lmms-eval" && verdicts.length === 0
        ? olympiadToJudge(question, answers.join("\n"), strip(output.text))
        : undefined,
  },
  hasReference: ({ final_answer: [answer] }) => hasText(answer),
  defects: {
    "lmms-eval": ["its judge reads a backspace for a backslash"],
  },
  scorings: ["vlmevalkit"],
  score(row, output, { scoring, verdicts: [verdict] }) {
    const { final_answer: answers, error } = row;
    const answer = finalAnswer(output.text, isChinese(row));
    if (scoring === "lmms-eval")
      return verdict === undefined ? notJudged : rightOrWrong(verdict === 1, strip(answer), answers);
    const algebra = scoring === "vlmevalkit" ? "vlmevalkit" : "official";
    return rightOrWrong(
      olympiadCorrect(answer, answers[0] ?? "", tolerancesOf(error), algebra),
      strip(answer),
      answers,
    );
  },
  metrics: [mean("accuracy")],
  groups: {
    subject: (row) => (isPhysics(row) ? "physics" : "maths"),
    subfield: ({ subfield }) => subfield,
    answer_type: ({ answer_type: type }) => type ?? undefined,
  },
});
