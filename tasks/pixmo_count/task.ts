import {
  defineTask,
  Image,
  mean,
  pythonRegex,
  rightOrWrong,
  rowDigest,
  type Static,
  strip,
  type Task,
  Type,
  thoughts,
  userPrompt,
} from "llava-eval";

const row = Type.Object({
  image: Image(),
  question: Type.String(), // with `<image>` marks
  answer: Type.String(), // a number, or a sentence with it
});
type Row = Static<typeof row>;

const digits = pythonRegex("\\d+");
/** The first run of digits, as it is written (`03` is not `3`); the whole text without any. */
const countIn = (text: string): string => digits.exec(text)?.[0] ?? strip(text);

const firstDigits = 'the first digits count: "1, 2, 3. Total 3" is a 1';

const bareWords = (question: string): string => question.replaceAll("<image>", "").trim();

const pixmo: Task<Row> = {
  name: "pixmo_count",
  version: 1,
  about: "How many of a thing there are, on photographs with points as proof (Deitke et al. 2024).",
  cite: "https://arxiv.org/abs/2409.17146; Molmo's own script was not at hand: both scorings follow lmms-eval pixmo_count/utils.py",
  splits: {
    test: { sources: ["kcz358/pixmo-count"], split: "test", licence: "not stated", answers: "public" },
  },
  row,
  id: ({ image, question, answer }) => rowDigest(image.path, question, answer), // the rows have no id
  prompt({ image, question }) {
    return userPrompt(image, `${bareWords(question)}\nAnswer with a single number.`);
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ answer }) => digits.test(answer),
  defects: {
    official: [firstDigits],
    "lmms-eval": [firstDigits],
  },
  score: ({ answer }, { text }) => rightOrWrong(countIn(text) === countIn(answer), countIn(text), countIn(answer)),
  metrics: [mean("accuracy")],
};

const reasoning = thoughts.form(pixmo, {
  name: "pixmo_count_reasoning",
  tags: "analysis",
  prompt: ({ image, question }) => userPrompt(image, bareWords(question)),
  gold: ({ answer }) => countIn(answer),
});

export default [defineTask(pixmo), defineTask(reasoning)];
