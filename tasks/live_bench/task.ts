import { defineTask, hasText, Image, mean, notJudged, type Split, type Static, Type, userPrompt } from "llava-eval";
import { embeddedJson } from "./embedded-json.js";
import { liveBenchRating } from "./judge.js";

const row = Type.Object({
  id: Type.Union([Type.String(), Type.Integer()]),
  images: Type.Array(Image()),
  question: Type.String(),
  answer: Type.String(),
  criteria: Type.String(),
  subtask: Type.String(),
});
type Row = Static<typeof row>;

/** The rubric of June and July 2024 has a sentence on politics; those rounds are known by their subtasks. */
const EARLY = [
  "Basic Understanding",
  "Contextual Analysis",
  "Deeper Implications",
  "Broader Implications",
  "Further Insights",
];
const round = (config: string): Split => ({
  sources: ["lmms-eval/LiveBench", "lmms-lab/LiveBench"],
  configs: [config],
  split: "test",
  licence: "mit",
  answers: "public",
});

export default defineTask<Row>({
  name: "live_bench",
  aliases: ["live_bench_2406@2024-06", "live_bench_2407@2024-07", "live_bench_2409@2024-09"],
  version: 1,
  about: "Screenshots of last month's news; a judge that sees them rates the answer from 0 to 10 (Zhang et al. 2024).",
  cite: "https://arxiv.org/abs/2407.12772; scoring follows lmms-eval live_bench/utils.py",
  splits: { "2024-09": round("2024-09"), "2024-07": round("2024-07"), "2024-06": round("2024-06") },
  row,
  id: ({ id }) => String(id),
  prompt: ({ images, question }) => userPrompt(...images, question),
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4o",
    template: liveBenchRating(
      { question: "{question}", answer: "{answer}", reference: "{reference}", criteria: "{criteria}" },
      true,
    ),
    ask({ images, question, answer: reference, criteria, subtask }, output, verdicts) {
      const answer = output.text;
      if (verdicts.length > 0 || answer === "") return undefined; // no answer is a 0
      const rated = { question, reference, answer, criteria };
      return {
        prompt: userPrompt(...images, liveBenchRating(rated, EARLY.includes(subtask))),
        options: { temperature: 0, maxNewTokens: 1024 },
        parse: ratingIn,
      };
    },
  },
  hasReference: ({ answer }) => hasText(answer),
  defects: {
    "lmms-eval": ["a rating in quotes ends the run (here: it is read)"],
  },
  score({ answer: reference }, output, { verdicts: [rating] }) {
    const answer = output.text;
    if (answer === "") return { status: "scored", value: 0, answer, targets: [reference] };
    if (typeof rating !== "number") return notJudged;
    return { status: "scored", value: rating / 10, answer, targets: [reference] };
  },
  metrics: [mean("score")],
  groups: { subtask: ({ subtask }) => subtask },
});

/** 0 to 10, as a number or as the text "8"; anything else is asked again. */
function ratingIn(reply: string): number | undefined {
  const rating = embeddedJson(reply)?.Rating;
  const number = typeof rating === "string" && rating.trim() !== "" ? Number(rating) : rating;
  return typeof number === "number" && number >= 0 && number <= 10 ? number : undefined;
}
