import {
  defineTask,
  Image,
  LETTER_DIRECTLY,
  leadingLetter,
  letteredOptions,
  looselyEqual,
  MODEL_PROFILES,
  mean,
  optionLetters,
  rightOrWrong,
  rowDigest,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";

const row = Type.Object({
  question: Type.String(),
  options: Type.Array(Type.String()),
  answer: Type.String(), // position in options
  image: Image(),
});
type Row = Static<typeof row>;

const tsv = (name: string): NonNullable<Task["tsv"]> => ({
  files: { test: name },
  rows: ({ answer = "", ...cells }) => [
    { ...cells, options: vlmEvalKit.optionsOf(cells), answer: String(answer ? "ABCDEFGHI".indexOf(answer) : -1) },
  ],
});

const masked: Task<Row> = {
  name: "ai2d",
  version: 1,
  about:
    "School-book diagrams whose labels are replaced by letters; the answer must be the letter (Kembhavi et al. 2016).",
  cite: "https://arxiv.org/abs/1603.07396; scoring follows lmms-eval ai2d/utils.py",
  splits: {
    test: {
      sources: ["lmms-lab-encoder/ai2d", "lmms-lab/ai2d"],
      split: "test",
      rows: 3088,
      licence: "cc-by-sa-4.0",
      answers: "public",
    },
    lite: {
      sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
      configs: ["ai2d"],
      split: "lite",
      licence: "cc-by-sa-4.0",
      answers: "public",
    },
  },
  aliases: ["ai2d_lite@lite"],
  row,
  tsv: tsv("AI2D_TEST"),
  id: ({ image, question, options, answer }) => rowDigest(image.path, question, ...options, answer), // the rows have no id
  profiles: ["default", ...Object.keys(MODEL_PROFILES.ai2d)],
  prompt({ image, question, options }, profile) {
    const usual = `${question}\n${letteredOptions(options)}\n${LETTER_DIRECTLY}`;
    return userPrompt(image, MODEL_PROFILES.ai2d[profile]?.({ question, options }) ?? usual);
  },
  options: { in: ["options"], right: "answer", as: "position" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => goldOf(row) !== undefined,
  score(row, output) {
    const letter = leadingLetter(output.text, "period").trim();
    const gold = goldOf(row) ?? "";
    return rightOrWrong(looselyEqual(letter, gold), letter, gold);
  },
  metrics: [mean("accuracy")],
};

const unmasked: Task<Row> = {
  ...masked,
  name: "ai2d_no_mask",
  aliases: [],
  about: "AI2D with the labels left in the diagrams: about ten points easier, never compared with the masked one.",
  tsv: tsv("AI2D_TEST_NO_MASK"),
  splits: {
    test: {
      sources: ["Efficient-Large-Model/ai2d-no-mask"],
      split: "test",
      rows: 3088,
      licence: "cc-by-sa-4.0",
      answers: "public",
    },
  },
};

/** The letter of the right option; undefined when `answer` is no position among them. */
function goldOf({ options, answer }: Row): string | undefined {
  return /^\d+$/.test(answer) ? optionLetters(options.length)[Number(answer)] : undefined;
}

/** Its AI2D_TEST and AI2D_TEST_NO_MASK. */
const both = (task: Task<Row>) =>
  defineTask(vlmEvalKit.choices(task, (row) => ({ ...row, gold: goldOf(row) ?? "", images: [row.image] })));

const reasoning = thoughts.form(masked, {
  name: "ai2d_reasoning",
  tags: "think",
  prompt: ({ image, question, options }) => userPrompt(image, strip(`${question}\n${letteredOptions(options)}`)),
  gold: (row) => goldOf(row) ?? "",
});

export default [both(masked), both(unmasked), defineTask(reasoning)];
