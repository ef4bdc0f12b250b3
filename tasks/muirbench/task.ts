import {
  bracketedOptions,
  byLetter,
  chosen,
  defineTask,
  Image,
  imagesAtMarks,
  isOptionLetter,
  LETTER_DIRECTLY,
  leadingLetter,
  letteredOptions,
  mean,
  optionLetters,
  parseChoice,
  type Static,
  type Task,
  Type,
  vlmEvalKit,
} from "llava-eval";

const row = Type.Object({
  idx: Type.String(),
  task: Type.String(),
  image_relation: Type.String(),
  image_type: Type.String(),
  question: Type.String(), // with <image> marks
  options: Type.Array(Type.String()), // may hold <image> marks too
  answer: Type.String(),
  image_list: Type.Array(Image()),
});
type Row = Static<typeof row>;

const muirbench: Task<Row> = {
  name: "muirbench",
  version: 1,
  about: "Questions over several images, twelve tasks, half of them without an answer (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2406.09411; official scoring follows muirbench/MuirBench eval/utils/postprocess.py",
  splits: {
    test: { sources: ["MUIRBENCH/MUIRBENCH"], split: "test", rows: 2600, licence: "cc-by-4.0", answers: "public" },
  },
  row,
  tsv: {
    files: { test: "MUIRBench" },
    rows: ({ index, image = "", ...cells }) => [
      {
        ...{ idx: index, task: "", image_relation: "", image_type: "", ...cells },
        ...{ options: vlmEvalKit.optionsOf(cells), image_list: vlmEvalKit.listOf(image) },
      },
    ],
  },
  id: ({ idx }) => idx,
  profiles: ["default", "official"],
  prompt: (row, profile) => imagesAtMarks(row.image_list, profile === "official" ? officialWords(row) : lmmsWords(row)),
  options: { in: ["options"], right: "answer", as: "letter" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: ({ options, answer }) => isOptionLetter(answer, options),
  defects: {
    "lmms-eval": ['an endpoint is sent the mark "<image>" as it stands (here: the image)'],
  },
  score({ options, answer }, output, context) {
    const text = output.text;
    if (context.scoring === "official")
      return byLetter(parseChoice("official", text, options), answer, optionLetters(options.length), context);
    return chosen(leadingLetter(text, "period").trim().toUpperCase(), answer.trim().toUpperCase());
  },
  metrics: [mean("accuracy")],
  groups: {
    task: ({ task }) => task,
    image_relation: ({ image_relation }) => image_relation,
    image_type: ({ image_type }) => image_type,
  },
};

/** Its MUIRBench: images at their marks, and neither of those that have no counterpart. */
export default defineTask(
  vlmEvalKit.choices(muirbench, (row) => ({ ...row, gold: row.answer, images: row.image_list }), {
    prompt({ images, question, options, profile }) {
      if (profile !== "vlmevalkit") return undefined;
      const lines = Object.entries(options).map(([letter, option]) => `${letter}. ${option}`);
      const words = [question, ...lines, LETTER_DIRECTLY].join("\n");
      return imagesAtMarks(images.slice(0, words.split("<image>").length - 1), words);
    },
  }),
);

const lmmsWords = ({ question, options }: Row) => `${question}\n${letteredOptions(options)}\n${LETTER_DIRECTLY}`;

const officialWords = ({ question, options }: Row) =>
  `Question: ${question}\nChoices:\n${bracketedOptions(options)}Hint: Please provide the correct option letter, such as A, B, C, D, directly.\nAnswer:`;
