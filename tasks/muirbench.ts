import {
  bracketedOptions,
  byLetter,
  chosen,
  defineTask,
  Image,
  LETTER_DIRECTLY,
  letterBeforePeriod,
  letteredOptions,
  mean,
  optionLetters,
  type Part,
  type Prompt,
  parseChoice,
  type Static,
  stripReasoning,
  Type,
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

export default defineTask<Row>({
  name: "muirbench",
  version: 1,
  about: "Questions over several pictures, twelve tasks, half of them without an answer (Wang et al. 2024).",
  cite: "https://arxiv.org/abs/2406.09411; official scoring follows muirbench/MuirBench eval/utils/postprocess.py",
  splits: {
    test: { sources: ["MUIRBENCH/MUIRBENCH"], split: "test", rows: 2600, licence: "cc-by-4.0", labelled: true },
  },
  row,
  id: ({ idx }) => idx,
  profiles: ["default", "official"],
  prompt: (row, profile) => interleave(row, profile === "official" ? officialWords(row) : lmmsWords(row)),
  generation: { maxNewTokens: 16, temperature: 0 },
  score({ options, answer }, output, context) {
    const text = stripReasoning(output.text);
    if (context.scoring === "official")
      return byLetter(parseChoice("official", text, options), answer, optionLetters(options.length), context);
    return chosen(letterBeforePeriod(text).trim().toUpperCase(), answer.trim().toUpperCase());
  },
  metrics: [mean("accuracy")],
  groups: {
    task: ({ task }) => task,
    image_relation: ({ image_relation }) => image_relation,
    image_type: ({ image_type }) => image_type,
  },
});

const lmmsWords = ({ question, options }: Row) => `${question}\n${letteredOptions(options)}\n${LETTER_DIRECTLY}`;

const officialWords = ({ question, options }: Row) =>
  `Question: ${question}\nChoices:\n${bracketedOptions(options)}Hint: Please provide the correct option letter, such as A, B, C, D, directly.\nAnswer:`;

/** Pictures where the words have `<image>`; any beyond the marks come first. */
function interleave({ image_list }: Row, words: string): Prompt {
  const pieces = words.split("<image>");
  const unmarked = Math.max(0, image_list.length - (pieces.length - 1));
  const parts: Part[] = image_list.slice(0, unmarked).map((image) => ({ type: "image", image }));
  pieces.forEach((text, i) => {
    const image = i === 0 ? undefined : image_list[unmarked + i - 1];
    if (image) parts.push({ type: "image", image });
    if (text !== "") parts.push({ type: "text", text });
  });
  return { messages: [{ role: "user", parts }] };
}
