import {
  chosen,
  defineTask,
  guessedOr,
  Image,
  isOptionLetter,
  mean,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";
import { mmeRealWorldLetter } from "./score.js";

const row = Type.Object({
  index: Type.Union([Type.Integer(), Type.String()]),
  bytes: Image(), // base64 text
  question: Type.String(),
  "multi-choice options": Type.Array(Type.String()), // "(A) left", five of them
  answer: Type.String(),
  category: Type.String(), // "Perception/OCR with Complex Context"
  "l2-category": Type.String(),
});
type Row = Static<typeof row>;

const REQUEST =
  "Select the best answer to the above multiple-choice question based on the image. Respond with only the letter (A, B, C, D, or E) of the correct option.";
const REQUEST_CN = "根据图像选择上述多项选择题的最佳答案。只需回答正确选项的字母（A, B, C, D 或 E）。";

function english({ bytes, question, ...row }: Row, profile: string) {
  // The three differ in blanks alone: before a line's end, and after the last colon.
  const [afterHeader, afterRequest, last] =
    profile === "official" ? [" ", "", ""] : profile === "vlmevalkit" ? ["", " ", ""] : ["", "", " "];
  const options = row["multi-choice options"].join("\n");
  const words = `${question} The choices are listed below:${afterHeader}\n${options}\n`;
  return userPrompt(bytes, `${words}${REQUEST}${afterRequest}\nThe best answer is:${last}`);
}

function chinese(row: Row, profile: string) {
  if (profile === "official") return english(row, profile); // the authors' script asks in English
  const options = row["multi-choice options"].join("\n");
  const last = profile === "vlmevalkit" ? "" : " ";
  return userPrompt(row.bytes, `${row.question} 选项如下所示:\n${options}\n${REQUEST_CN}\n最佳答案为：${last}`);
}

const kindOf = (row: Row): string => {
  const kind = row["l2-category"].toLowerCase();
  return kind.includes("attribute") ? `${kind.split("/")[0]}/attribute` : kind;
};
const split = { split: "train", licence: "not stated", answers: "public" } as const;

const firstLetter = ['the first A to E anywhere counts: "Answer: B" is an A', "an empty reply is an A"];

/** VLMEvalKit's file has the options in one text, below a line that announces them, or as a list (Lite). */
const listed = (text: string): readonly string[] | string =>
  text.startsWith("[")
    ? text
    : text
        .split("\n")
        .slice(1)
        .join("\n")
        .split(/\n(?=\([A-E]\) )/);
const tsvRows: NonNullable<NonNullable<Task<Row>["tsv"]>["rows"]> = ({ image, ...cells }) => [
  { ...cells, bytes: image, "multi-choice options": listed(cells["multi-choice options"] ?? "") },
];

const realWorld: Task<Row> = {
  name: "mme_realworld",
  aliases: ["mmerealworld@full", "mmerealworld_lite@lite"],
  version: 1,
  about:
    "Large images of the real world, five options of which the last says that the thing is absent (Zhang et al. 2024).",
  cite: "https://arxiv.org/abs/2408.13257; official scoring follows yfzhang114/MME-RealWorld evaluation/eval_your_results.py",
  splits: {
    full: { ...split, sources: ["yifanzhang114/MME-RealWorld-Lmms-eval"] },
    lite: { ...split, sources: ["yifanzhang114/MME-RealWorld-lite-lmms-eval"] },
  },
  tsv: { files: { full: "MME-RealWorld", lite: "MME-RealWorld-Lite" }, rows: tsvRows },
  row,
  id: ({ index }) => String(index),
  profiles: ["default", "official", "vlmevalkit"],
  prompt: english,
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => isOptionLetter(strip(row.answer), 5, row["multi-choice options"].join("\n")),
  defects: {
    official: [...firstLetter, '"Best answer: D" is a B'],
    "lmms-eval": firstLetter,
    vlmevalkit: firstLetter,
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Overall" } },
  score(row, { text }, { scoring }) {
    const letter = mmeRealWorldLetter(text, row["multi-choice options"], scoring);
    return guessedOr(strip(text) === "", chosen(letter, strip(row.answer)));
  },
  metrics: [mean("accuracy")],
  groups: {
    task: ({ category }) => (category.toLowerCase().includes("perception") ? "Perception" : "Reasoning"),
    subtask: ({ category }) => category.split("/").at(-1),
    category: kindOf,
  },
};

const inChinese: Task<Row> = {
  ...realWorld,
  name: "mme_realworld_cn",
  aliases: ["mmerealworld_cn@full"],
  about: "MME-RealWorld in Chinese, with images from Chinese places (Zhang et al. 2024).",
  splits: { full: { ...split, sources: ["yifanzhang114/MME-RealWorld-CN-Lmms-eval"], rows: 5917 } },
  tsv: { files: { full: "MME-RealWorld-CN" }, rows: tsvRows },
  prompt: chinese,
};

interface ReasoningWords {
  readonly header: string;
  readonly request: string;
}

const reasoning = (task: Task<Row>, alias: string, { header, request }: ReasoningWords) =>
  thoughts.form(task, {
    name: `${task.name}_reasoning`,
    aliases: [`${alias}@full`],
    tags: "analysis",
    prompt: (row) =>
      userPrompt(row.bytes, strip(`${row.question} ${header}\n${row["multi-choice options"].join("\n")}\n${request}`)),
    gold: ({ answer }) => answer,
  });

export default [
  defineTask(realWorld),
  defineTask(inChinese),
  defineTask(
    reasoning(realWorld, "mmerealworld_reasoning", {
      header: "The choices are listed below:",
      request: "Select best answer to above multiple-choice question based on image.",
    }),
  ),
  defineTask(
    reasoning(inChinese, "mmerealworld_cn_reasoning", {
      header: "选项如下所示:",
      request: "根据图像选择上述多项选择题的最佳答案。",
    }),
  ),
];
