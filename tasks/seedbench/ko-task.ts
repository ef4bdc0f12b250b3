import {
  chosen,
  defineTask,
  Image,
  isOptionLetter,
  letteredOptions,
  mean,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { choices, question } from "./question.js";
import { firstCharacter } from "./score.js";

/** Translated by others; one image a question. */
const row = Type.Object({ ...question, image: Image() });
type Row = Static<typeof row>;
const LETTER_DIRECTLY_KO = "주어진 선택지 중 해당 옵션의 문자로 바로 답하세요.";

const korean: Task<Row> = {
  name: "seedbench_ko",
  version: 1,
  about: "SEED-Bench's questions on images in Korean; the first character counts (Ju et al. 2024).",
  cite: "https://arxiv.org/abs/2411.19103; scoring follows lmms-eval seedbench/ko_utils.py",
  splits: {
    test: { sources: ["NCSOFT/K-SEED"], split: "test", rows: 2971, licence: "cc-by-nc-4.0", answers: "public" },
  },
  tsv: {
    files: { test: "SEEDBench_IMG_KO" },
    rows: ({ index, A, B, C, D, ...cells }) => [
      { ...cells, question_id: index, choice_a: A, choice_b: B, choice_c: C, choice_d: D },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  prompt: (row) => userPrompt(row.image, `${row.question}\n${letteredOptions(choices(row))}\n${LETTER_DIRECTLY_KO}`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: ({ answer }) => isOptionLetter(answer.trim().toUpperCase(), 4),
  score: ({ answer }, output) => chosen(firstCharacter(output.text).toUpperCase(), answer.trim().toUpperCase()),
  metrics: [mean("accuracy")],
};

export default defineTask(
  vlmEvalKit.choices(korean, (row) => ({
    ...{ question: row.question, options: choices(row), images: [row.image] },
    gold: row.answer.trim().toUpperCase(),
  })),
);
