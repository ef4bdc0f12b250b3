import {
  bracketedOptions,
  defineTask,
  hasText,
  Image,
  letteredOptions,
  mean,
  Nullable,
  type Prompt,
  type Static,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { cmmmuScore } from "./cmmmu-score.js";
import { cmmmuDomains, domainOf } from "./score.js";

const text = Type.Optional(Nullable(Type.String()));
const image = Type.Optional(Nullable(Image()));
const row = Type.Object({
  id: Type.Union([Type.String(), Type.Integer()]),
  type: Type.Enum(["选择", "判断", "填空"]),
  question: Type.String(),
  ...{ option1: text, option2: text, option3: text, option4: text },
  answer: text,
  subcategory: Type.String(),
  ...{ image_1: image, image_2: image, image_3: image, image_4: image, image_5: image },
  ...{
    image_1_filename: text,
    image_2_filename: text,
    image_3_filename: text,
    image_4_filename: text,
    image_5_filename: text,
  },
});
type Row = Static<typeof row>;

const instructions = {
  选择: "请回答以下多项选择题，并选出正确选项。这些题目可能包括单选和多选题型。如果所提供的信息不足以确定一个明确的答案，那么请根据可用的数据和你的判断来选择最可能正确的选项。",
  判断: "请回答以下判断题，并根据题目描述和所给的信息来判断问题中陈述的对错。如果信息不完整或不足以作出绝对判断，请运用你的逻辑推理和现有信息来做出最可能的判断。",
  填空: "请回答以下填空题，并根据题目的要求和所提供的信息来给出最恰当的答案。如果信息不足以确切回答，那么请依据现有的数据和你的推理能力来填写最合理的答案。",
};
const split = { sources: ["lmms-lab-encoder/CMMMU", "lmms-lab/CMMMU"], licence: "apache-2.0" };

const negated = '"不正确" (not right) is right';

export default defineTask<Row>({
  name: "cmmmu",
  aliases: ["cmmmu_val@val", "cmmmu_test@test"],
  version: 1,
  about: "MMMU's Chinese sibling: multiple choice, true or false, fill in the blank (Zhang et al. 2024).",
  cite: "https://arxiv.org/abs/2401.11944; scoring follows lmms-eval cmmmu/utils.py, which is the authors' script",
  splits: {
    val: { ...split, split: "val", rows: 900, answers: "public" },
    test: { ...split, split: "test", rows: 11_000, answers: "secret" },
  },
  tsv: {
    files: { val: "CMMMU_VAL" },
    rows: ({ index, category = "", image, ...cells }) => [
      {
        ...{ id: index, subcategory: category, ...cells },
        ...Object.fromEntries(vlmEvalKit.listOf(image).map((one, i) => [`image_${i + 1}`, one])),
      },
    ],
  },
  row,
  id: ({ id }) => String(id),
  profiles: ["default", "vlmevalkit"],
  prompt(row, profile) {
    if (profile === "vlmevalkit") return vlmEvalKitPrompt(row);
    const words = `${instructions[row.type]}\n\n${body(row)}`;
    const images = Array.from(words.matchAll(/<图片 ([1-5])>/g), ([, number]) => row[`image_${number}` as "image_1"]);
    return userPrompt(...images.flatMap((one) => one ?? []), words);
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => hasGold(row),
  defects: {
    official: [negated],
    "lmms-eval": [negated],
    vlmevalkit: [negated, "a blank that several candidates fit counts as often, above 100 % (here: once)"],
  },
  // The rules are the authors'; a blank that several candidates fit counts as often there, and once here.
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "总准确率" } },
  score: (row, output, context) =>
    cmmmuScore({ ...row, options: options(row), answer: row.answer ?? "" }, output, context),
  answer: (row, output, context) => cmmmuScore({ ...row, options: options(row), answer: "" }, output, context),
  metrics: [mean("accuracy")],
  groups: {
    domain: ({ subcategory }) => domainOf(subcategory, cmmmuDomains),
    subject: ({ subcategory }) => subcategory,
    type: ({ type }) => type,
  },
  submission: {
    file: "cmmmu_test_for_submission.jsonl",
    entry: ({ id, type }, answer) => ({ id, type, response: answer }),
    schema: Type.Object({
      id: Type.Union([Type.String(), Type.Integer()]),
      type: Type.Enum(["选择", "判断", "填空"]),
      response: Type.String(),
    }),
    format: "jsonl",
  },
});

/** Letters of options with text (several may be right), a verdict, or words. */
function hasGold(row: Row): boolean {
  const { type, answer } = row;
  if (type === "选择") return /^[A-D]+$/.test(answer ?? "") && hasText(options(row));
  return type === "判断" ? answer === "对" || answer === "错" : hasText(answer);
}

const options = ({ option1, option2, option3, option4 }: Row) =>
  [option1, option2, option3, option4].map((one) => one ?? "");

/** Its words follow the question, under English "Options:"; the images stand first, and their tags stay as they are. */
function vlmEvalKitPrompt(row: Row): Prompt {
  const images = ([1, 2, 3, 4, 5] as const).flatMap((number) => row[`image_${number}`] ?? []);
  const last = instructions[row.type].replace("以下", "上述");
  const words =
    row.type === "选择" ? `问题: ${row.question}\nOptions:\n${letteredOptions(options(row))}` : row.question;
  return userPrompt(...images, `${words}\n${last}`);
}

function body(row: Row): string {
  const list = row.type === "选择" ? `选项：\n${bracketedOptions(options(row))}\n` : "";
  let words = `问题：${row.question}\n${list}正确答案：\n`;
  for (const number of [1, 2, 3, 4, 5] as const) {
    const name = row[`image_${number}_filename`];
    if (name) words = words.replaceAll(`<img="${name}">`, `<图片 ${number}>`);
  }
  return words;
}
