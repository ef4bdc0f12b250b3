import {
  chosen,
  defineTask,
  Image,
  type JudgeQuestion,
  mean,
  meanOfGroups,
  notJudged,
  type Output,
  type Static,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import { betterAnswer, type Compared, comparison, vlmevalkitComparison } from "./prompt.js";
import { isTurned, preferredAnswer, targetAnswer } from "./score.js";

const row = Type.Object({
  id: Type.String(), // its beginning says where the pair is from: RLHF-V-..., mathverse_...
  image: Image(),
  query: Type.String(),
  response: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
  human_ranking: Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), // 0: the better one
  vlmevalkit_category: Type.Optional(Type.String()), // the kind, of its file, whose ids say nothing
});
type Row = Static<typeof row>;

function compared({ query, response: [one = "", other = ""] }: Row): Compared {
  return { query, answers: isTurned([one, other]) ? [other, one] : [one, other] };
}

const kinds: Readonly<Record<string, string>> = {
  ...{ mathverse: "reasoning", mmmu: "reasoning" },
  ...{ hallucination: "hallucination", rlhf: "hallucination", rlaif: "hallucination" },
};
const kindOf = (id: string): string => kinds[id.split("-")[0]?.split("_")[0]?.toLowerCase() ?? ""] ?? "general";

function toJudge({ text }: Output, maxNewTokens: number): JudgeQuestion {
  return {
    prompt: userPrompt(betterAnswer(text)),
    options: { temperature: 0, maxNewTokens },
    // The others look for "answer 1" anywhere, then for "answer 2"; where there is neither lmms-eval draws one, and to VLMEvalKit it is wrong.
    parse: (reply) => /^[\s"'`*]*(?:the )?answer\s*([12])["'`*.]*\s*$/i.exec(reply)?.[1],
  };
}

const judge: NonNullable<Task<Row>["judge"]> = {
  model: "gpt-4o-mini",
  template: betterAnswer("{judgement}"),
  ask: (_, output, verdicts) =>
    verdicts.length > 0 || preferredAnswer(output.text) !== undefined ? undefined : toJudge(output, 32),
};

export default defineTask<Row>({
  name: "vl_rewardbench",
  version: 1,
  about:
    "Which of two answers about an image is better, as people judged: general, hallucination, reasoning (Li et al. 2024).",
  cite: "https://arxiv.org/abs/2411.17451; official scoring is lmms-eval's, of vl_rewardbench/utils.py: a judge for replies without the form (there drawn, where it says nothing); VLMEvalKit asks its judge about every reply; the authors draw the order of the answers and leave such replies out",
  splits: {
    test: { sources: ["MMInstruction/VL-RewardBench"], split: "test", licence: "not stated", answers: "public" },
  },
  tsv: {
    files: { test: "VL-RewardBench" },
    rows: ({ index, question, answer, category, ...cells }) => [
      { id: index, ...cells, query: question, human_ranking: answer, vlmevalkit_category: category },
    ],
  },
  row,
  id: ({ id }) => id,
  profiles: ["default", "vlmevalkit"],
  prompt: (row, profile) =>
    userPrompt(row.image, profile === "vlmevalkit" ? vlmevalkitComparison(compared(row)) : comparison(compared(row))),
  generation: { maxNewTokens: 1024, temperature: 1 },
  judge,
  judgesByScoring: {
    vlmevalkit: { ...judge, ask: (_, output, verdicts) => (verdicts.length > 0 ? undefined : toJudge(output, 128)) },
  },
  hasReference: ({ human_ranking: ranking }) => ranking.includes(0) && ranking.includes(1),
  defects: {
    "lmms-eval": ["a judgement that it cannot read is drawn (here: no score)"],
    vlmevalkit: [
      "a verdict that names neither answer counts as wrong (here: no score)",
      "a verdict that names both is the first one (here: asked again)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { macro_accuracy: "Macro Accuracy", accuracy: "Overall Consistency" } },
  score({ response, human_ranking: ranking }, { text }, { scoring, verdicts: [verdict] }) {
    const said = scoring === "vlmevalkit" ? verdict : (preferredAnswer(text)?.toString() ?? verdict);
    if (typeof said !== "string") return notJudged;
    return chosen(said, String(targetAnswer(response, ranking)));
  },
  metrics: [meanOfGroups("macro_accuracy", { group: "kind", perGroup: false }), mean("accuracy")],
  groups: { kind: ({ id, vlmevalkit_category: category }) => category ?? kindOf(id) },
});
