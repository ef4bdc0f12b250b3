import {
  binaryDigit,
  binaryJudgement,
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
  notJudged,
  parseStringList,
  rightOrWrong,
  type Split,
  strictBinary,
  stripReasoning,
  subjectOf,
  type TaggedRow,
  type Task,
  Type,
  userPrompt,
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

const mmmu: Task<Row> = {
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
  profiles: ["default", "interleaved", "official", "qwen3_vl", "qwen"],
  prompt(row, profile) {
    const words = profile.startsWith("qwen")
      ? qwenWords(row, profile)
      : profile === "official"
        ? officialWords(row)
        : lmmsWords(row);
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
};

/** lmms-eval's variant with reasoning: a judge decides, what stands in `<answer>` tags is the answer. */
const reasoning: Task<Row> = {
  ...mmmu,
  name: "mmmu_reasoning",
  aliases: ["mmmu_val_reasoning@val"],
  about: "MMMU with reasoning before the answer; a judge decides what is right (Yue et al. 2023).",
  cite: "https://arxiv.org/abs/2311.16502; scoring follows lmms-eval mmmu/utils.py (reasoning)",
  splits: { val: mmmu.splits.val as Split, dev: mmmu.splits.dev as Split },
  profiles: ["default"],
  prompt: (row) => imagesFirst(row, bareWords(row)),
  generation: { maxNewTokens: 16_384, temperature: 0 },
  judge: {
    model: "gpt-4o-2024-11-20",
    template: binaryJudgement("{question}", "{answer}", "{prediction}"),
    ask(row, output, verdicts, scoring) {
      if (verdicts.length > 0) return undefined;
      const prompt = userPrompt(binaryJudgement(bareWords(row), row.answer, finalAnswer(output.text)));
      return { prompt, options: { temperature: 0 }, parse: scoring === "official" ? strictBinary : binaryDigit };
    },
  },
  score({ answer }, output, { verdicts: [verdict] }) {
    return verdict === undefined ? notJudged : rightOrWrong(verdict === 1, finalAnswer(output.text), answer);
  },
};

export default [defineTask(mmmu), defineTask(reasoning)];

function finalAnswer(text: string): string {
  const rest = stripReasoning(text);
  const start = rest.indexOf("<answer>");
  const end = rest.indexOf("</answer>", start);
  return start < 0 || end < 0 ? rest : rest.slice(start + "<answer>".length, end).trim();
}

function bareWords(row: Row): string {
  if (!isChoice(row)) return `${row.question}\n\n`;
  return `${row.question}\n${letteredOptions(parseStringList(row.options))}\n\n`;
}

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

/** `qwen` is lmms-eval's `mmmu_val_qwen`, which asks open questions in other words than `qwen3_vl`. */
function qwenWords(row: Row, profile: string): string {
  const open =
    profile === "qwen"
      ? "Please answer the question directly."
      : "Please select the correct answer from the options above.";
  const last = isChoice(row) ? "Answer with the option letter only." : open;
  return `Question: ${row.question}\nOptions:\n${letteredOptions(parseStringList(row.options))}\n${last}`;
}
