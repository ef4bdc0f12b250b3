import {
  defineTask,
  hasText,
  Image,
  lower,
  mean,
  Nullable,
  rightOrWrong,
  type Static,
  strip,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { lastBraces, zeroBenchEqual } from "./score.js";

const row = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question_text: Type.String(),
  question_images_decoded: Type.Array(Nullable(Image())),
  question_answer: Type.String(),
});
type Row = Static<typeof row>;

const REASON_FIRST =
  " \n\n\nLet's think step by step and give the final answer in curly braces,  like this: {final answer}";
const split = { sources: ["jonathan-roberts1/zerobench"], licence: "not stated", answers: "public" } as const;

export default defineTask<Row>({
  name: "zerobench",
  version: 1,
  about:
    "A hundred questions that no model answered when they were made, and their steps as sub-questions (Roberts et al. 2025).",
  cite: "https://arxiv.org/abs/2502.09696; the authors' script was not at hand: lmms-eval follows zerobench/utils.py, official the same equality on what stands in the last braces, where there are some",
  splits: {
    main: { ...split, split: "zerobench", rows: 100 },
    subquestions: { ...split, split: "zerobench_subquestions", rows: 334 },
  },
  tsv: {
    files: { main: "ZEROBench", subquestions: "ZEROBench_sub" },
    rows: ({ index, question, answers, image = "" }) => [
      {
        ...{ question_id: index, question_text: question, question_answer: answers },
        question_images_decoded: vlmEvalKit.listOf(image),
      },
    ],
  },
  row,
  id: ({ question_id }) => String(question_id),
  profiles: ["default", "vlmevalkit"],
  prompt({ question_text: question, question_images_decoded: images }, profile) {
    const present = images.flatMap((image) => image ?? []);
    if (profile === "vlmevalkit") return userPrompt(...present, question + REASON_FIRST);
    return userPrompt(...present, `${question.trim()}\nAnswer with only the final answer.`);
  },
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ question_answer }) => hasText(question_answer),
  defects: {
    vlmevalkit: ['the answer may stand anywhere in the braces: "{130}" is a 3'],
  },
  scorings: ["vlmevalkit"], // the answer is anywhere in the braces: "{130}" counts for 3
  score({ question_answer: target }, { text }, { scoring }) {
    if (scoring === "vlmevalkit") {
      const said = lower(lastBraces(text) ?? "");
      return rightOrWrong(said.includes(lower(strip(target))), said, target);
    }
    const answer = strip(scoring === "lmms-eval" ? text : (lastBraces(text) ?? text));
    return rightOrWrong(zeroBenchEqual(answer, target), answer, target);
  },
  reportedAs: { vlmevalkit: { accuracy: "accuracy" } },
  metrics: [mean("accuracy")],
});
