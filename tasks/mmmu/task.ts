import {
  binaryJudge,
  defineTask,
  imageColumns,
  ListText,
  MODEL_PROFILES,
  mean,
  notJudged,
  parseStringList,
  rightOrWrong,
  type Split,
  type TaggedRow,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { imagesAtTags, imagesFirst, imagesInPlace, imagesOf } from "./images.js";
import { mmmuBareQuestion, mmmuPrompt } from "./prompt.js";
import { domainOf, mmmuHasReference, mmmuScore, subjectOf } from "./score.js";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  options: ListText(), // "['cat', 'dog']"
  answer: ListText(), // a letter, a text, or "['24', '24.0']"
  question_type: Type.String(),
  ...imageColumns(7),
});
type Row = TaggedRow & { id: string; question: string; options: string; answer: string; question_type: string };

const split = { sources: ["lmms-lab-encoder/MMMU", "lmms-lab/MMMU"], licence: "apache-2.0" };

/** Both splits stand in VLMEvalKit's file; its images are one, or a list of them. */
function tsvRows({ split, image = "", ...cells }: Readonly<Record<string, string>>, asked: string) {
  if (split !== undefined && split !== (asked === "val" ? "validation" : asked)) return [];
  const options = vlmEvalKit.optionsOf(cells);
  const images = Object.fromEntries(vlmEvalKit.listOf(image).map((one, i) => [`image_${i + 1}`, one]));
  const type = options.length > 0 ? "multiple-choice" : "open";
  return [{ ...cells, ...images, options: JSON.stringify(options), question_type: type }];
}

const mmmu: Task<Row> = {
  name: "mmmu",
  aliases: ["mmmu_val@val", "mmmu_a@val", "mmmu_test@test", "mmmu_dev@dev"],
  version: 2,
  about: "College-level questions from 30 subjects, 94 % multiple choice (Yue et al. 2023).",
  cite: "https://arxiv.org/abs/2311.16502; official scoring follows MMMU-Benchmark/MMMU mmmu/utils/eval_utils.py",
  splits: {
    val: { ...split, split: "validation", rows: 900, answers: "public" },
    dev: { ...split, split: "dev", rows: 150, answers: "public" },
    test: { ...split, split: "test", rows: 10_500, answers: "secret", generation: { maxNewTokens: 512 } },
  },
  tsv: { files: { val: "MMMU_DEV_VAL", dev: "MMMU_DEV_VAL" }, rows: tsvRows },
  row,
  id: ({ id }) => id,
  profiles: ["default", "interleaved", "official", ...Object.keys(MODEL_PROFILES.mmmu)],
  prompt(row, profile) {
    const words = mmmuPrompt(row, profile);
    return profile === "interleaved" ? imagesInPlace(row, words) : imagesFirst(row, words);
  },
  options: { in: ["options"], right: "answer", as: "letter" },
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: (row) => mmmuHasReference(row),
  defects: {
    "lmms-eval": [
      "a list of accepted answers is one text",
      "the test split is asked without an instruction (here: with val's)",
    ],
    vlmevalkit: ['an open question is a choice between its reference and "Other Answers": the reply A is right'],
  },
  score: mmmuScore,
  answer: (row, output, context) => mmmuScore(row, output, context),
  metrics: [mean("accuracy")],
  groups: { domain: ({ id }) => domainOf(subjectOf(id)), subject: ({ id }) => subjectOf(id) },
  submission: {
    file: "mmmu_test_for_submission.json",
    entry: ({ id }, answer) => [id, answer],
    schema: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
    format: "object",
  },
};

/** lmms-eval's variant with reasoning: a judge decides, what stands in `<answer>` tags is the answer. */
const reasoning: Task<Row> = {
  ...mmmu,
  name: "mmmu_reasoning",
  aliases: [], // lmms-eval has a file of the name mmmu_val_reasoning for this, and runs another of the same name
  about: "MMMU with reasoning before the answer; a judge decides what is right (Yue et al. 2023).",
  cite: "https://arxiv.org/abs/2311.16502; scoring follows lmms-eval mmmu/utils.py (reasoning)",
  splits: { val: mmmu.splits.val as Split, dev: mmmu.splits.dev as Split },
  profiles: ["default"],
  prompt: (row) => imagesFirst(row, mmmuBareQuestion(row)),
  generation: { maxNewTokens: 16_384, temperature: 0 },
  judge: {
    model: "gpt-4o-2024-11-20",
    template: binaryJudge.words("{question}", "{answer}", "{prediction}"),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      const prompt = userPrompt(binaryJudge.words(mmmuBareQuestion(row), row.answer, thoughts.saidIn(output.text)));
      return { prompt, options: { temperature: 0 }, parse: (reply) => binaryJudge.verdict(reply, scoring) };
    },
  },
  defects: {},
  score({ answer }, output, { verdicts: [verdict] }) {
    return verdict === undefined ? notJudged : rightOrWrong(verdict === 1, thoughts.saidIn(output.text), answer);
  },
};

const wordsOf = ({ question, options, answer, question_type: type }: Row) => ({
  ...{ question, gold: answer, options: type === "open" ? [] : parseStringList(options) },
});

/**
 * Its MMMU_DEV_VAL. An open question is asked as it is and scored as a choice between the reference's own text and "Other Answers", of which
 * the first is right, unless the reference is a capital letter. A question whose first option pandas takes as missing ("None") is open too.
 */
const withChoices = vlmEvalKit.choices(mmmu, (row) => ({ ...wordsOf(row), images: imagesOf(row) }), {
  prompt: ({ images, words, profile }) => (profile === "vlmevalkit" ? imagesAtTags(images, words) : undefined),
  asScored(row) {
    const images = imagesOf(row);
    const [first = "", , ...rest] = wordsOf(row).options;
    if (row.question_type !== "open" && !vlmEvalKit.isMissingCell(first)) return { ...wordsOf(row), images };
    const gold = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".includes(row.answer) ? row.answer : "A";
    return { question: row.question, options: [row.answer, "Other Answers", ...rest], gold, images };
  },
});

/** What lmms-eval runs by this name: rules, no judge. */
const ruled = thoughts.form(mmmu, {
  name: "mmmu_val_reasoning",
  tags: "think",
  prompt: (row) => imagesInPlace(row, mmmuBareQuestion(row)),
  gold: ({ answer }) => answer,
});

export default [defineTask(withChoices), defineTask(reasoning), defineTask(ruled)];
