import {
  binaryJudge,
  bracketedOptions,
  defineTask,
  hasText,
  Image,
  isOptionLetter,
  letteredOptions,
  mean,
  notJudged,
  rightOrWrong,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { extractMathVisionAnswer } from "./answer.js";
import { mathVisionCorrect } from "./score.js";
import { vlmEvalKitJudge, vlmEvalKitScore } from "./vlmevalkit.js";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  options: Type.Array(Type.String()),
  decoded_image: Image(),
  answer: Type.String(),
  level: Type.Integer(),
  subject: Type.String(),
});
type Row = Static<typeof row>;

const STEP_BY_STEP = 'Please solve the problem step by step and put your answer in one "\\boxed{}".';
const split = { sources: ["MathLLMs/MathVision"], licence: "mit", answers: "public" } as const;

/** Its file does not say how hard a problem is: 0 stands for that. */
function tsvRows({ index, image, category = "", choices, ...cells }: Readonly<Record<string, string>>) {
  const options = vlmEvalKit.listOf(choices || "[]");
  return [{ level: "0", subject: category, ...cells, id: index, options, decoded_image: image }];
}

const mathvision: Task<Row> = {
  name: "mathvision",
  aliases: ["mathvision_test@test", "mathvision_testmini@testmini"],
  version: 2,
  about: "Problems of mathematics competitions with images, 16 subjects, 5 levels (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2402.14804; scoring follows mathllm/MATH-V evaluation/evaluate.py",
  splits: {
    test: { ...split, split: "test", rows: 3040 },
    testmini: { ...split, split: "testmini", rows: 304 },
  },
  tsv: { files: { test: "MathVision", testmini: "MathVision_MINI" }, rows: tsvRows },
  row,
  id: ({ id }) => id,
  profiles: ["default", "official", "vlmevalkit"],
  prompt(row, profile) {
    if (profile === "vlmevalkit") return userPrompt(row.decoded_image, row.question);
    return userPrompt(row.decoded_image, profile === "official" ? officialWords(row) : lmmsWords(row));
  },
  generation: { maxNewTokens: 16_384, temperature: 0 },
  // The authors' script looks the letter up among the options.
  hasReference: ({ answer, options }) =>
    options.length > 0 ? isOptionLetter(answer, options.length) : hasText(answer),
  judgesByScoring: { vlmevalkit: vlmEvalKitJudge },
  defects: {
    "lmms-eval": ["roots, pi and functions have no value: the root of 4 is not 2"],
    vlmevalkit: ["the reply A equals every number (counted as a guess)"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "acc of Overall" } },
  score(row, output, { scoring, verdicts }) {
    if (scoring === "vlmevalkit") return vlmEvalKitScore(row, output.text, verdicts);
    const answer = extractMathVisionAnswer(output.text);
    return rightOrWrong(mathVisionCorrect(answer, row, scoring), answer, row.answer);
  },
  metrics: [mean("accuracy")],
  groups: { subject: ({ subject }) => subject, level: ({ level }) => String(level) },
};

const reasoning = thoughts.form(mathvision, {
  name: "mathvision_reasoning",
  aliases: ["mathvision_reason_test_reasoning@test", "mathvision_reason_testmini_reasoning@testmini"],
  tags: "think",
  splits: ["test", "testmini"],
  prompt: (row) => userPrompt(row.decoded_image, strip(bareWords(row))),
  gold: ({ answer }) => answer,
});

const { tsv: _, judgesByScoring: __, scorings: ___, reportedAs: ____, ...shared } = mathvision;

/** lmms-eval's variant without an instruction for choices, which its 0/1 judge decides. */
const judged: Task<Row> = {
  ...shared,
  name: "mathvision_reason",
  aliases: ["mathvision_reason_test@test", "mathvision_reason_testmini@testmini"],
  version: 1,
  about: "MATH-Vision with reasoning before a boxed answer; a judge compares it with the reference (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2402.14804; scoring follows lmms-eval mathvision/utils.py (gpt_eval)",
  profiles: ["default"],
  prompt: (row) => userPrompt(row.decoded_image, bareWords(row)),
  judge: {
    model: "gpt-4o-2024-11-20",
    template: binaryJudge.words("{question}", "{answer}", "{prediction}"),
    ask({ question, answer }, { text }, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      return {
        prompt: userPrompt(binaryJudge.words(question, answer, strip(text))),
        options: { temperature: 0, maxNewTokens: 1024 },
        parse: (reply) => binaryJudge.verdict(reply, scoring),
      };
    },
  },
  defects: {
    "lmms-eval": [
      "its judge sees no options of a choice",
      "a judge that fails makes the answer wrong (here: no score)",
    ],
  },
  score: ({ answer }, { text }, { verdicts: [verdict] }) =>
    verdict === undefined ? notJudged : rightOrWrong(verdict === 1, strip(text), answer),
};

export default [defineTask(mathvision), defineTask(judged), defineTask(reasoning)];

// lmms-eval puts no break between the instruction and the question.
function bareWords({ question, options }: Row): string {
  return STEP_BY_STEP + (options.length === 0 ? question : `${question}\nChoices: ${letteredOptions(options)}`);
}

function lmmsWords(row: Row): string {
  const last = "Answer the question with the option's letter from the given choices directly.";
  return row.options.length === 0 ? bareWords(row) : `${bareWords(row)}\n${last}`;
}

function officialWords({ question, options }: Row): string {
  const rule = 'If it is a multiple choice question, only one letter is allowed in the "\\boxed{}".';
  return `${STEP_BY_STEP} ${rule}\n${question}\n${bracketedOptions(options).trimEnd()}`;
}
