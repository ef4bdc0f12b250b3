import {
  defineTask,
  isOptionLetter,
  mean,
  rowDigest,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { devAverage, devTypes, mlvuScore, testAverage, testTypes } from "./score.js";

const row = Type.Object({
  video_name: Video(), // "1_plotQA/movie101_66.mp4"
  question: Type.String(), // with its options "(A) ..."
  answer: Type.String(),
  task_type: Type.String(),
});
type Row = Static<typeof row>;

/** A kind that the mean over kinds does not know has no place in it. */
const hasReference =
  (types: readonly string[]) =>
  ({ answer, task_type }: Row): boolean =>
    isOptionLetter(answer, 6) && types.includes(task_type);

const official =
  "Carefully watch this video and pay attention to every detail. Based on your observations, select the best option that accurately addresses the question.";
const licence = "cc-by-nc-sa-4.0";

const dev: Task<Row> = {
  name: "mlvu_dev",
  version: 1,
  about:
    "Seven kinds of questions on films, games and cameras of up to two hours; the mean over kinds (Zhou et al. 2024).",
  cite: "https://arxiv.org/abs/2406.04264; official scoring follows JUNJIE99/MLVU evaluation/choice_bench.py: what stands before the first bracket; lmms-eval mlvu/utils.py",
  splits: { test: { sources: ["sy1998/MLVU_dev"], split: "test", licence, answers: "public" } },
  row,
  id: ({ video_name, question }) => rowDigest(video_name.path, question),
  imageKey: ({ video_name }) => video_name.path,
  profiles: ["default", "official", "plm"],
  prompt({ video_name, question }, profile) {
    if (profile === "official")
      return {
        messages: [
          { role: "system", parts: [{ type: "text", text: official }] },
          ...userPrompt(video_name, `${question}\nOnly give the best option.\nBest Option: (`).messages,
        ],
      };
    return userPrompt(
      video_name,
      `${question}\nOnly give the best option.${profile === "plm" ? "" : "\nBest option: ("}`,
    );
  },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: hasReference(devTypes),
  defects: {
    "lmms-eval": ["a type of questions that is absent counts as 0"],
  },
  scorings: ["vlmevalkit"],
  score: mlvuScore,
  // Its M-Avg is no mean of the kinds: it counts the samples of all.
  reportedAs: { vlmevalkit: { accuracy: "acc of M-Avg" } },
  metrics: [devAverage, mean("accuracy")],
  groups: { task_type: ({ task_type }) => task_type },
};

export default [
  defineTask(dev),
  defineTask<Row>({
    ...dev,
    name: "mlvu_test",
    about:
      "MLVU's test split, nine kinds of questions; lmms-eval sends them without an instruction (Zhou et al. 2024).",
    splits: { test: { sources: ["sy1998/MLVU_Test"], split: "test", licence, answers: "public" } },
    profiles: ["default"],
    prompt: ({ video_name, question }) => userPrompt(video_name, question),
    hasReference: hasReference(testTypes),
    reportedAs: {},
    metrics: [testAverage, mean("accuracy")],
  }),
];
