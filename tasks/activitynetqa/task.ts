import { defineTask, hasText, lower, mean, type Static, Type, upper, userPrompt, Video } from "llava-eval";
import { activityGrading, activityToJudge } from "./judge.js";
import { activityScore } from "./score.js";

const id = Type.Union([Type.String(), Type.Integer()]);
const row = Type.Object({
  video_name: Video(), // "1QIUV7WYKXg" for v_1QIUV7WYKXg.mp4
  question_id: id,
  question: Type.String(), // "does the athlete wear a hat"
  answer: Type.String(),
  type: Type.Optional(id), // "3"
});
type Row = Static<typeof row>;

/** Python's `capitalize`: the first letter large, all others small. */
const capitalized = (text: string): string => upper(text.slice(0, 1)) + lower(text.slice(1));

export default defineTask<Row>({
  name: "activitynetqa",
  version: 1,
  about: "Short answers about what people do in web videos, judged (Yu et al. 2019; judge of Maaz et al. 2023).",
  cite: "https://arxiv.org/abs/1906.02467; judged as in mbzuai-oryx/Video-ChatGPT evaluate_activitynet_qa.py; lmms-eval activitynetqa/utils.py reads the first braces of a reply",
  splits: {
    test: {
      sources: ["lmms-eval/ActivityNetQA", "lmms-lab/ActivityNetQA"],
      ...{ split: "test", rows: 8000, licence: "apache-2.0", answers: "public" },
    },
  },
  row,
  id: ({ question_id }) => String(question_id),
  imageKey: ({ video_name }) => video_name.path,
  prompt: ({ video_name, question }) =>
    userPrompt(
      video_name.named(`v_${video_name.path}`),
      `${capitalized(question)}? Answer the question using a single word or phrase.`,
    ),
  generation: { maxNewTokens: 64, temperature: 0, stop: ["ASSISTANT:"] },
  judge: {
    model: "gpt-3.5-turbo",
    template: activityGrading("{question}", "{answer}", "{prediction}"),
    ask: ({ question, answer }, { text }, verdicts, scoring) =>
      verdicts.length === 0 ? activityToJudge(activityGrading(question, answer, text), scoring) : undefined,
  },
  hasReference: ({ answer }) => hasText(answer),
  score: activityScore,
  metrics: [mean("accuracy", { of: "accuracy" }), mean("score", { of: "score", unit: "points", range: [0, 5] })],
  groups: { type: ({ type }) => (type === undefined ? undefined : String(type)) },
});
