import {
  bracketedOptions,
  defineTask,
  domainOf,
  imageColumns,
  imagesFirst,
  imagesInPlace,
  LETTER_DIRECTLY,
  letteredOptions,
  mean,
  mmmuScore,
  parseStringList,
  subjectOf,
  type TaggedRow,
  Type,
} from "llava-eval";

const row = Type.Object({
  id: Type.String(),
  question: Type.String(),
  options: Type.String(), // a Python list: "['cat', 'dog']"
  answer: Type.String(),
  question_type: Type.String(),
  ...imageColumns(7),
});
type Row = TaggedRow & { id: string; question: string; options: string; answer: string; question_type: string };

const WORD_OR_PHRASE = "Answer the question using a single word or phrase.";
const split = { sources: ["lmms-lab-encoder/MMMU", "lmms-lab/MMMU"], licence: "apache-2.0" };

export default defineTask<Row>({
  name: "mmmu",
  aliases: ["mmmu_val@val", "mmmu_a@val", "mmmu_test@test", "mmmu_dev@dev"],
  version: 1,
  about: "College-level questions from 30 subjects, 94 % multiple choice (Yue et al. 2023).",
  cite: "https://arxiv.org/abs/2311.16502; official scoring follows MMMU-Benchmark/MMMU mmmu/utils/eval_utils.py",
  splits: {
    val: { ...split, split: "validation", rows: 900, labelled: true },
    dev: { ...split, split: "dev", rows: 150, labelled: true },
    test: { ...split, split: "test", rows: 10_500, labelled: false, generation: { maxNewTokens: 512 } },
  },
  row,
  id: ({ id }) => id,
  profiles: ["default", "interleaved", "official", "qwen3_vl"],
  prompt(row, profile) {
    const words =
      profile === "qwen3_vl" ? qwenWords(row) : profile === "official" ? officialWords(row) : lmmsWords(row);
    return profile === "interleaved" ? imagesInPlace(row, words) : imagesFirst(row, words);
  },
  generation: { maxNewTokens: 128, temperature: 0 },
  score: mmmuScore,
  metrics: [mean("accuracy")],
  groups: { domain: ({ id }) => domainOf(subjectOf(id)), subject: ({ id }) => subjectOf(id) },
  submission: {
    file: "mmmu_test_for_submission.json",
    entry: ({ id }, answer) => [id, answer],
    schema: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
    format: "object",
  },
});

const isChoice = (row: Row): boolean => row.question_type === "multiple-choice";

function lmmsWords(row: Row): string {
  if (!isChoice(row)) return `${row.question}\n\n${WORD_OR_PHRASE}`;
  return `${row.question}\n${letteredOptions(parseStringList(row.options))}\n\n${LETTER_DIRECTLY}`;
}

/** MMMU's own `configs/llava1.5.yaml`. */
function officialWords(row: Row): string {
  if (!isChoice(row)) return `${row.question}\n\n${WORD_OR_PHRASE}`;
  return `${row.question}\n\n${bracketedOptions(parseStringList(row.options))}\n\n${LETTER_DIRECTLY}`;
}

function qwenWords(row: Row): string {
  const last = isChoice(row)
    ? "Answer with the option letter only."
    : "Please select the correct answer from the options above.";
  return `Question: ${row.question}\nOptions:\n${letteredOptions(parseStringList(row.options))}\n${last}`;
}
