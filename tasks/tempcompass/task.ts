import { defineTask, mean, rowDigest, type Static, type Task, Type, userPrompt, Video } from "llava-eval";
import { answerGrading, captionGrading, correctVerdict, optionVerdict, tempCompassQuestion } from "./judge.js";
import { canEqual, matchedText, matchOf, type TempCompassForm, tempCompassScore } from "./score.js";

const row = Type.Object({
  video_id: Video(), // "1021488277"
  dim: Type.String(), // action, direction, speed, order, attribute_change
  question: Type.String(), // with its options, where it has some
  answer: Type.Optional(Type.String()), // "B. dancing", "yes", "Caption A: ..."
  ...{ mc_question: Type.Optional(Type.String()), mc_answer: Type.Optional(Type.String()) }, // of captions
});
type Row = Static<typeof row>;

const lasts: Readonly<Record<TempCompassForm, Readonly<Record<string, string>>>> = {
  "multi-choice": { default: "\nPlease directly give the best option:", plm: "\nOnly give the best option." },
  yes_no: { default: "\nPlease answer yes or no:", plm: "\nOnly answer yes or no." },
  caption_matching: { default: "\nPlease directly give the best option:", plm: "\nOnly give the best option." },
  captioning: {},
};

/** What an answer is compared with: of captions the option that they must speak for. */
const asked = (form: TempCompassForm, row: Row) => ({
  ...{ question: row.question, dim: row.dim },
  answer: (form === "captioning" ? row.mc_answer : row.answer) ?? "",
});

const task = (name: string, form: TempCompassForm, about: string): Task<Row> => ({
  name,
  version: 1,
  about: `${about} about time in short videos: speed, direction, order (TempCompass, Liu et al. 2024).`,
  cite: "https://arxiv.org/abs/2403.00476; official scoring follows llyx97/TempCompass eval_*.py: rules, a judge for the rest; lmms-eval tempcompass/utils.py strips nothing before the rules",
  splits: {
    test: {
      sources: ["lmms-eval/TempCompass", "lmms-lab/TempCompass"],
      ...{ configs: [form], split: "test", licence: "not stated", answers: "public" },
    },
  },
  row,
  id: ({ video_id, dim, question }) => `${video_id.path}-${dim}-${rowDigest(question)}`,
  imageKey: ({ video_id }) => video_id.path,
  profiles: form === "captioning" ? ["default"] : ["default", "plm"],
  prompt: ({ video_id, question }, profile) => userPrompt(video_id, question + (lasts[form][profile] ?? "")),
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-3.5-turbo-1106",
    template:
      form === "captioning"
        ? captionGrading("{prediction}", "{question}")
        : answerGrading(form, { question: "{question}", answer: "{target}", text: "{prediction}" }),
    ask(row, output, verdicts, scoring) {
      const text = matchedText(output.text, scoring);
      if (scoring === "vlmevalkit" || verdicts.length > 0) return undefined;
      if (form === "captioning")
        return tempCompassQuestion(captionGrading(text, row.mc_question ?? ""), (reply) =>
          optionVerdict(reply, row.mc_question ?? "", row.mc_answer ?? ""),
        );
      const { question, answer } = asked(form, row);
      if (matchOf(form, asked(form, row), text) !== undefined) return undefined;
      return tempCompassQuestion(answerGrading(form, { question, answer, text }), correctVerdict);
    },
  },
  hasReference: (row) => canEqual(form, asked(form, row)),
  ...(form === "captioning"
    ? {}
    : { scorings: ["vlmevalkit"], reportedAs: { vlmevalkit: { accuracy: `acc of ${form}` } } }),
  score: (row, output, context) => tempCompassScore(form, asked(form, row), output, context),
  metrics: [mean("accuracy")],
  groups: { dim: ({ dim }) => dim },
});

export default [
  defineTask(task("tempcompass_multi_choice", "multi-choice", "Multiple choice")),
  defineTask(task("tempcompass_yes_no", "yes_no", "Yes/no questions")),
  defineTask(task("tempcompass_caption_matching", "caption_matching", "Which caption fits: questions")),
  defineTask(task("tempcompass_captioning", "captioning", "Captions, judged by whether they answer questions")),
];
